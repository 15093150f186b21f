// The CPU kernels of class_sums and predict_labels: tiles of output rows in parallel, bit-identical results for any number of threads.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace seg::cpu {

/// Arguments as in seg::class_sums, already checked. Returns the fields of ClassSums in order, the last two empty without `regions`, and an empty
/// tensor.
std::vector<torch::Tensor> class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions);
/// d loss / d logits, [N,K,h,w] in the type of the logits. gradients: float64 [K] each, of S, A and B (ops/class_sums.hpp); the last two empty if
/// these were not requested. The last tensor is not read.
torch::Tensor class_sums_backward(at::TensorList gradients, const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& log_sums,
                                  bool align_corners);
/// uint8 [N,height,width]: the arg-max, ties to the lowest class.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg::cpu
