// What a data set is: an indexed list of samples with a class table; batching and shuffling wrap it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/classes.hpp"
#include "data/options.hpp"
#include "data/sample.hpp"

namespace seg {

class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;
  /// Decodes and checks one sample; safe from several threads. Throws kData naming file and defect.
  virtual Sample get(std::int64_t index) const = 0;
  virtual std::string id(std::int64_t index) const = 0;
  virtual const ClassTable& classes() const = 0;
};

/// The registry's names, for data.dataset.
std::vector<std::string> dataset_names();

/// The class table alone: needs no images.
ClassTable load_classes(const DataOptions& options);

/// Pairs images and labels of one split ("train", "val", "test") without reading pixels. Throws kData with all orphans in
/// one message, for a missing folder (with how to get the data) or a split without images.
std::unique_ptr<Dataset> open_dataset(const DataOptions& options, const std::string& split);

/// The splits the set has, in the order train, val, test.
std::vector<std::string> split_names(const DataOptions& options);

/// The split that results are reported on: test where it has public labels, else val. Throws kData where there is neither.
std::string reported_split(const DataOptions& options);

}  // namespace seg
