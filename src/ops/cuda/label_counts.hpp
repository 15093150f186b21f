// Counts of labels on CUDA; what they are: label_grid.hpp.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cuda {

/// predicted, truth: uint8 [h,w] on one device. int64 there: the pairs, followed by the boundary counts for pixels within boundary_width of one; 0:
/// without these.
torch::Tensor label_counts(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, std::int64_t boundary_width);

}  // namespace seg::cuda
