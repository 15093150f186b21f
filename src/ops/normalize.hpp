// Converts stacked images to the input of a network: x -> (x - mean) / std, channels-last.
#pragma once

#include <torch/types.h>

#include "core/network_input.hpp"

namespace seg {

/// `images` u8 [N,H,W,3] RGB on any device. Returns [N,3,H,W] of `dtype` (float32, bfloat16) on the same device, in
/// channels-last memory; channels in the order of `input`. Computed in float32, rounded once at the end.
torch::Tensor normalize(const torch::Tensor& images, const NetworkInput& input, torch::ScalarType dtype = torch::kFloat32);

}  // namespace seg
