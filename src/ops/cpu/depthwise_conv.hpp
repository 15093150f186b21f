// Depthwise convolutions on the CPU: rows of the output in parallel, bit-identical results for any number of threads. ops/depthwise_conv.cpp
// documents their arguments and results.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <limits>

namespace seg::cpu {

/// Applied after the sums in prediction: the bias of a folded batch norm, and bounds.
struct AfterTaps {
  torch::Tensor bias = {};  // float32 [C], or undefined
  float floor = -std::numeric_limits<float>::infinity();
  float ceiling = std::numeric_limits<float>::infinity();
};
/// weights: float32 [kernel,kernel,C].
torch::Tensor depthwise_conv_of_taps(const torch::Tensor& x, const torch::Tensor& weights, std::int64_t stride, std::int64_t dilation,
                                     at::IntArrayRef padding, const AfterTaps& after);

torch::Tensor depthwise_forward(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t dilation,
                                at::IntArrayRef padding);
torch::Tensor depthwise_input_gradient(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                                       std::int64_t dilation, at::IntArrayRef padding);
torch::Tensor depthwise_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                                        std::int64_t dilation, at::IntArrayRef padding);

}  // namespace seg::cpu
