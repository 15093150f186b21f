// 3x3 convolutions of stride 1 in float32, tap by tap: one matrix product for each tap, over the outputs whose input is inside the image. If the
// dilation is close to the image size, most products would be of padding; these are skipped. The padding equals the dilation. Results are
// bit-identical for any number of threads.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cpu {

/// The share of all products that are not of padding, 0..1.
double tap_share(std::int64_t height, std::int64_t width, std::int64_t dilation);

/// The weights in the layout of the products; can be kept if the weights do not change. weight: [K,C,3,3] channels-last.
torch::Tensor tap_panels(const torch::Tensor& weight);
torch::Tensor tap_conv_of_panels(const torch::Tensor& x, const torch::Tensor& panels, std::int64_t dilation);

/// Like winograd_conv and its gradients (winograd.hpp), for the same channels.
torch::Tensor tap_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation);
torch::Tensor tap_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation);
torch::Tensor tap_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation);

}  // namespace seg::cpu
