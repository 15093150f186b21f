// What a loader gives, as text that tells it from anything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "data/augment/transforms.hpp"
#include "data/loader.hpp"

namespace seg::test {

using Ids = std::vector<std::string>;

/// Random flip, colour and crop: every pixel depends on the seed.
inline SampleTransform augmentation() {
  AugmentOptions options;
  options.crop = true;
  options.color = {0.5, 0.5, 0.5, 0.2};
  return training_transform(options, {6, 6}, {}, {});
}

/// Ids and a digest of all pixels, batch by batch.
inline Ids contents(DataLoader& loader) {
  Ids batches;
  while (const auto samples = loader.next()) {
    Digest digest;
    std::string ids;
    for (const Sample& sample : *samples) {
      ids += sample.id + " ";
      digest.update(sample.image.data, sample.image.total() * sample.image.elemSize());
      digest.update(sample.labels.data, sample.labels.total());
    }
    batches.push_back(ids + digest.hex());
  }
  return batches;
}

inline LoaderOptions training(std::int64_t workers) {
  LoaderOptions options;
  options.batch_size = 3;
  options.workers = workers;
  options.seed = 7;
  options.shuffle = true;
  options.drop_last = true;
  return options;
}

}  // namespace seg::test
