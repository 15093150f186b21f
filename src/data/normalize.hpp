// From stacked pictures to the network's input: x -> (x - mean) / std, channels-last.
#pragma once

#include <torch/types.h>

#include "data/augment/options.hpp"

namespace seg {

/// Throws kConfiguration unless mean and std have three numbers each, std above 0, and the order is known.
void check(const NormalizeOptions& options);

/// `images` u8 [N,H,W,3] RGB on any device. Returns [N,3,H,W] of `dtype` (float32, bfloat16) on the same device, in
/// channels-last memory; channels in the order of `options`. Computed in float32, rounded once at the end.
torch::Tensor normalize(const torch::Tensor& images, const NormalizeOptions& options, torch::ScalarType dtype = torch::kFloat32);

}  // namespace seg
