// What a batch says about its classes: pixels and misses, which weightings read, and plain cross entropy, which every run logs.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/class_sums.hpp"

namespace seg {

struct ClassCounts {
  std::vector<std::int64_t> pixels;           // [K] valid pixels with the label
  std::vector<std::int64_t> false_negatives;  // [K] those predicted as another class

  std::int64_t total() const;
};

ClassCounts to_counts(const ClassSums& sums);

/// float64 scalar, detached: the mean over the valid pixels, 0 if there are none.
torch::Tensor mean_cross_entropy(const ClassSums& sums, const ClassCounts& counts);

struct BatchCounts {
  ClassCounts counts;
  torch::Tensor cross_entropy;
};

/// Both of the above without a gradient, for losses that are not built on class_sums.
BatchCounts count_batch(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);

}  // namespace seg
