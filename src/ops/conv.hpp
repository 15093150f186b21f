// Convolutions of a network: LibTorch's, except for 3x3 convolutions of stride 1 in float32 on the CPU.
//
// These take most of the time of a step if the processor does not multiply bfloat16. All three passes, forward, gradient of the input and gradient
// of the weights, use minimal filtering with up to four times fewer products (ops/cpu/winograd.hpp) or, if the dilation is close to the image size,
// are computed tap by tap without the products of the padding (ops/cpu/tap_conv.hpp). The choice depends only on shape and type, so that runs are
// reproducible.
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

/// x: [N,C,H,W], weight: [K,C,kernel,kernel] -> [N,K,H',W']. Differentiable; with autocast in the type of LibTorch's convolutions; with packed
/// weights inside a PackedConvsScope (packed_convs.hpp).
torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps);

}  // namespace seg
