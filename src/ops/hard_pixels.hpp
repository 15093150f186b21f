// Selects the pixels that online hard example mining keeps.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// bool [M]: the valid pixels whose true class has p < threshold or, if these are fewer than `least`, the `least` hardest.
/// log_probability: float [M] of the true class; valid: bool [M].
torch::Tensor hard_pixels(const torch::Tensor& log_probability, const torch::Tensor& valid, double threshold, std::int64_t least);

}  // namespace seg
