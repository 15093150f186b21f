#include "ops/hard_pixels.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace seg {

torch::Tensor hard_pixels(const torch::Tensor& log_probability, const torch::Tensor& valid, double threshold, std::int64_t least) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor below = log_probability.lt(std::log(threshold)).logical_and_(valid);
  // Where enough pixels are below the threshold, the hardest are among them: only on the CPU that can be asked without waiting.
  if (log_probability.is_cpu() && below.sum().item<std::int64_t>() >= least) return below;
  const torch::Tensor ranked = log_probability.masked_fill(valid.logical_not(), 1);  // ignored ones are easier than any
  const torch::Tensor hardest = std::get<1>(ranked.topk(std::min(least, ranked.size(0)), 0, /*largest=*/false));
  return below.index_fill(0, hardest, 1).logical_and_(valid);
}

}  // namespace seg
