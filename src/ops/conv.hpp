// Convolutions of a network: LibTorch's, but for 3x3 ones of stride 1 in float32 on the CPU.
//
// These take most of a step where no unit multiplies bfloat16. All three passes, forward, the gradient of the input and that of the weights, are
// computed by minimal filtering with up to four times fewer products (ops/cpu/winograd.hpp), or, where the dilation comes near the size, tap by tap
// without those of the padding (ops/cpu/tap_conv.hpp). Shape and type alone decide, so that a run can be repeated.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

struct ConvSteps {
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  bool operator==(const ConvSteps&) const = default;
};

/// How a convolution on the CPU is computed in `type`.
enum class ConvWay { kTorch, kWinograd, kTaps };
ConvWay conv_way(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, torch::ScalarType type);

/// x: [N,C,H,W], weight: [K,C,kernel,kernel] -> [N,K,H',W']. Differentiable; under autocast in the type that LibTorch's convolutions take there;
/// by packed weights where a PackedConvsScope lives (packed_convs.hpp).
torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps);

}  // namespace seg
