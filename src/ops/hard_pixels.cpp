#include "ops/hard_pixels.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace seg {

// If enough pixels are below the threshold, the hardest are among them. The hardest are always computed, because checking would wait for the device.
torch::Tensor hard_pixels(const torch::Tensor& log_probability, const torch::Tensor& valid, double threshold, std::int64_t least) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor below = log_probability.lt(std::log(threshold)).logical_and_(valid);
  const torch::Tensor ranked = log_probability.masked_fill(valid.logical_not(), 1);  // ignored pixels rank as the easiest
  const torch::Tensor hardest = std::get<1>(ranked.topk(std::min(least, ranked.size(0)), 0, /*largest=*/false, /*sorted=*/false));
  return below.index_fill(0, hardest, 1).logical_and_(valid);
}

}  // namespace seg
