// How frequent each class is, as a logit: what logit adjustment adds in training or takes away in evaluation.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace seg {

/// log pi_c = log(n_c / sum n), float64 [K] on the CPU, from the pixels n_c of each class; 0 for a class without a pixel, whose
/// log pi is minus infinity: who uses it says what becomes of such a class.
torch::Tensor log_prior(const std::vector<std::int64_t>& pixels);

}  // namespace seg
