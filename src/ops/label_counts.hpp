// Counts pairs of true and predicted labels on the device of the labels.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// predicted, truth: uint8 [h,w] on one device. Returns int64 there: the pairs, followed by the boundary counts for pixels within boundary_width of
/// a boundary; without these for 0 (cuda/label_grid.hpp defines both). Empty if the device has no kernel for it; then the host counts.
torch::Tensor label_counts(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, std::int64_t boundary_width);

}  // namespace seg
