// 3x3 convolutions of stride 1 in float32 by minimal filtering (winograd_tile.hpp), whose output has the size of the input: the padding equals the
// dilation. A dilated convolution is split into dilation^2 convolutions, each of every dilation-th row and column. Results are bit-identical for any
// number of threads.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cpu {

/// The share of the products of whole tiles that the outputs of one image need, 0..1. The rest is wasted on small images and large dilations.
double winograd_fill(std::int64_t height, std::int64_t width, std::int64_t dilation);

/// Transformed filters in the layout of the products; can be kept if the weights do not change. They take four times the memory of the weights.
struct WinogradFilters {
  std::int64_t inputs, outputs;  // channels
  torch::Tensor points;          // float32
};
/// weight: [K,C,3,3] channels-last. C and K must fit the panels.
WinogradFilters winograd_filters(const torch::Tensor& weight);
/// conv(x) + bias, with a ReLU if `relu`. x: [N,C,H,W] channels-last; bias: float32 [K] or undefined.
torch::Tensor winograd_conv(const torch::Tensor& x, const WinogradFilters& filters, std::int64_t dilation, const torch::Tensor& bias, bool relu);

/// x: [N,C,H,W], weight: [K,C,3,3], both channels-last; so is the result, [N,K,H,W]. C and K must fit the panels.
torch::Tensor winograd_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation);
/// d loss / d x [N,C,H,W] from d loss / d y [N,K,H,W].
torch::Tensor winograd_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation);
/// d loss / d weight, [K,C,3,3] channels-last.
torch::Tensor winograd_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation);

}  // namespace seg::cpu
