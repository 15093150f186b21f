// Counts of predicted labels against true ones, where the labels are.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// predicted, truth: uint8 [h,w] on one device. int64 there: the pairs, followed by the boundary counts for pixels within boundary_width of one; 0:
/// without these (cuda/label_grid.hpp says what they are). Empty where the device has no kernel for it: the host counts.
torch::Tensor label_counts(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, std::int64_t boundary_width);

}  // namespace seg
