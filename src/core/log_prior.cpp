#include "core/log_prior.hpp"

#include <cmath>
#include <numeric>

namespace seg {

torch::Tensor log_prior(const std::vector<std::int64_t>& pixels) {
  const double all = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  std::vector<double> logs;
  for (const std::int64_t n : pixels) logs.push_back(n > 0 ? std::log(static_cast<double>(n) / all) : 0.0);
  return torch::tensor(logs, torch::kDouble);
}

}  // namespace seg
