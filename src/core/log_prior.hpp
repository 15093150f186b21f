// The log frequency of each class, which logit adjustment adds to the logits in training or subtracts in evaluation.
#pragma once

#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace seg {

/// log pi_c = log(n_c / sum n), float64 [K] on the CPU, from the pixels n_c of each class; 0 for a class without pixels, whose log pi is minus
/// infinity: the caller decides what to do with that class.
inline torch::Tensor log_prior(const std::vector<std::int64_t>& pixels) {
  const double all = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  std::vector<double> logs;
  for (const std::int64_t n : pixels) logs.push_back(n > 0 ? std::log(static_cast<double>(n) / all) : 0.0);
  return torch::tensor(logs, torch::kDouble);
}

}  // namespace seg
