// Depthwise convolutions of a network: each channel separately, with a separate padding for each side.
//
//   y[n,c,Y,X] = sum over ty, tx < k of  weight[c,0,ty,tx] x[n,c, Y stride + ty dilation - above, X stride + tx dilation - left]
//
// On the CPU it uses our own kernels in float32 and bfloat16, channels-last, if k is 3 or 5. For bfloat16, LibTorch's backward pass takes 2 to 13
// times as long.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>

#include "ops/batch_norm.hpp"

namespace seg {

struct DepthwiseSteps {
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::array<std::int64_t, 4> padding{};  // above, below, left, right
};

/// x: float32 or bfloat16 [N,C,H,W], weight: [C,1,k,k] -> [N,C,H',W'] in the type of x and, on the CPU, channels-last. Differentiable. Sums are
/// float32. Throws kInternal for wrong shapes.
torch::Tensor depthwise_conv(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps);

/// depthwise_conv() and then batch_norm(); in one pass inside a PackedConvsScope (packed_convs.hpp).
torch::Tensor depthwise_conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps, const BatchNorm& norm,
                                  const AfterNorm& after, bool training);

namespace reference {
/// The same in plain ATen operations, for any device and type; the oracle of the kernel's tests.
torch::Tensor depthwise_conv(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps);
}  // namespace reference

}  // namespace seg
