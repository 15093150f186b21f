// How frequent each class is, as a logit: what logit adjustment adds in training or takes away in evaluation.
#pragma once

#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace seg {

/// log pi_c = log(n_c / sum n), float64 [K] on the CPU, from the pixels n_c of each class; 0 for a class without a pixel, whose
/// log pi is minus infinity: who uses it says what becomes of such a class.
inline torch::Tensor log_prior(const std::vector<std::int64_t>& pixels) {
  const double all = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  std::vector<double> logs;
  for (const std::int64_t n : pixels) logs.push_back(n > 0 ? std::log(static_cast<double>(n) / all) : 0.0);
  return torch::tensor(logs, torch::kDouble);
}

}  // namespace seg
