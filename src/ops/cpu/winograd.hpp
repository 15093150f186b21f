// 3x3 convolutions of stride 1 in float32 by minimal filtering (winograd_tile.hpp), whose output has the size of the input: the padding is the
// dilation. A dilated one is as many convolutions as it leaves out pixels, each of every dilation-th row and column. The number of threads changes no
// bit.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cpu {

/// Of the products of whole tiles, the share that the outputs of one image take: small images and large dilations waste the rest. 0..1
double winograd_fill(std::int64_t height, std::int64_t width, std::int64_t dilation);

/// Transformed filters as the products read them, to be kept where the weights do not change: four times the weights.
struct WinogradFilters {
  std::int64_t inputs, outputs;  // channels
  torch::Tensor points;          // float32
};
/// weight: [K,C,3,3] channels-last. C and K must fit the panels.
WinogradFilters winograd_filters(const torch::Tensor& weight);
/// conv(x) + bias, cut off below 0 by `relu`. x: [N,C,H,W] channels-last; bias: float32 [K] or undefined.
torch::Tensor winograd_conv(const torch::Tensor& x, const WinogradFilters& filters, std::int64_t dilation, const torch::Tensor& bias, bool relu);

/// x: [N,C,H,W], weight: [K,C,3,3], both channels-last; so is the result, [N,K,H,W]. C and K must fit the panels.
torch::Tensor winograd_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation);
/// d loss / d x [N,C,H,W] from d loss / d y [N,K,H,W].
torch::Tensor winograd_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation);
/// d loss / d weight, [K,C,3,3] channels-last.
torch::Tensor winograd_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation);

}  // namespace seg::cpu
