// Counts how often each class was predicted as each: everything a score needs.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "scores/scores.hpp"

namespace seg {

class Confusion {
 public:
  /// 1 <= classes <= 255. Throws kInternal otherwise.
  explicit Confusion(std::int64_t classes);

  /// predicted, labels: uint8 of one shape, on any device. Pixels labelled 255 count nowhere; a predicted 255 (none of the
  /// classes) on a valid pixel is a false negative. Throws kData for a label and kInternal for a prediction in classes .. 254,
  /// and then counts nothing.
  void add(const torch::Tensor& predicted, const torch::Tensor& labels);
  /// Adds the counts of another part of the split. Throws kInternal for another number of classes.
  void merge(const ConfusionTable& other);

  const ConfusionTable& table() const { return table_; }

 private:
  ConfusionTable table_;
};

}  // namespace seg
