// class_sums and predict_labels on CUDA tensors; only in programs where kBuilt is true.
//
// The bits are the same in every run: see score_grid.hpp. Nothing waits for the device.
#pragma once

#include "ops/class_sums.hpp"
#include "ops/cuda/built.hpp"

namespace seg::cuda {

struct SumsForBackward {
  ClassSums sums;
  torch::Tensor log_sums;  // float32 [N,H,W]
};

/// Arguments as in seg::class_sums, float32 or bfloat16, shapes checked; the result is not differentiable.
SumsForBackward class_sums_forward(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions);
/// d loss / d logits, [N,K,h,w] in the type of the logits.
torch::Tensor class_sums_backward(const ClassSumsGradient& gradient, const torch::Tensor& logits, const torch::Tensor& labels,
                                  const torch::Tensor& log_sums, bool align_corners);
/// uint8 [N,height,width]: the arg-max, ties to the lowest class.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg::cuda
