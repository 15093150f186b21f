// class_sums and predict_labels on CUDA tensors; only in programs where kBuilt is true.
//
// Results are bit-identical in every run: see score_grid.hpp. Nothing waits for the device.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace seg::cuda {

/// Arguments as in seg::class_sums, float32 or bfloat16, already checked. Returns the fields of ClassSums in order, the last two empty without
/// `regions`, and the logarithm of each pixel's sum of exponentials, float32 [N,H,W].
std::vector<torch::Tensor> class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions);
/// d loss / d logits, [N,K,h,w] in the type of the logits. gradients: float64 [K] each, of S, A and B (ops/class_sums.hpp); the last two empty if
/// these were not requested.
torch::Tensor class_sums_backward(at::TensorList gradients, const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& log_sums,
                                  bool align_corners);
/// uint8 [N,height,width]: the arg-max, ties to the lowest class.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg::cuda
