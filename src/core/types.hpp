// The types that data, models, losses, evaluation and optimisers share; these modules never include each other.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/classes.hpp"
#include "core/pixel_changes.hpp"

namespace seg {

/// Named tensors: weights, optimiser moments, smoothed recalls; what a checkpoint stores.
using State = std::map<std::string, torch::Tensor>;

/// Images and labels of one step, stacked.
struct Batch {
  torch::Tensor images;                    // u8 [N,H,W,3], RGB
  torch::Tensor labels;                    // u8 [N,H',W'], train ids, 255 = ignored; in evaluation H'xW' may differ from HxW
  std::vector<std::string> ids;            // N relative paths
  std::vector<PixelChanges> changes = {};  // N, not applied yet (data/augment/batch_changes.hpp); empty: none
};

/// Counts over the labels of the training split, from which static class weights are computed.
struct ClassStatistics {
  std::vector<std::int64_t> pixels;            // [K] pixels of each class
  std::vector<std::int64_t> images;            // [K] images that contain the class
  std::vector<std::int64_t> pixels_of_images;  // [K] valid pixels of the images that contain the class
  std::int64_t ignored_pixels = 0;
  std::int64_t image_count = 0;
};

}  // namespace seg
