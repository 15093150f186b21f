// 3x3 convolutions of stride 1 in float32, tap by tap: a matrix product for each, over the outputs whose input lies inside the image. Where the
// dilation comes near the image's size, most products are of padding and left out. The padding is the dilation. The number of threads changes no bit.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cpu {

/// The share of all products that is not of padding. 0..1
double tap_share(std::int64_t height, std::int64_t width, std::int64_t dilation);

/// Weights as the products read them, to be kept where they do not change. weight: [K,C,3,3] channels-last.
torch::Tensor tap_panels(const torch::Tensor& weight);
torch::Tensor tap_conv_of_panels(const torch::Tensor& x, const torch::Tensor& panels, std::int64_t dilation);

/// As winograd_conv and its gradients (winograd.hpp), for the same channels.
torch::Tensor tap_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation);
torch::Tensor tap_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation);
torch::Tensor tap_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation);

}  // namespace seg::cpu
