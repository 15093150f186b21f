// The CPU kernel of class_sums: tiles of output rows in parallel, results the same bits for every number of threads.
#pragma once

#include "ops/class_sums.hpp"

namespace seg::cpu {

/// Arguments as in seg::class_sums, checked; the result is not differentiable.
ClassSums class_sums_forward(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions);
/// d loss / d logits, [N,K,h,w] in the type of the logits.
torch::Tensor class_sums_backward(const ClassSumsGradient& gradient, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);
/// uint8 [N,height,width]: the arg-max, ties to the lowest class.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg::cpu
