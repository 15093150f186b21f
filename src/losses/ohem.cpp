#include "losses/ohem.hpp"

#include <cmath>

#include "losses/full_size.hpp"

namespace seg {
namespace {

/// bool [M]: which pixels count.
torch::Tensor hard_pixels(const torch::Tensor& log_probability, const OhemOptions& options, std::int64_t ranks) {
  torch::Tensor kept = log_probability.lt(std::log(options.threshold));
  const std::int64_t least = std::min((options.min_kept + ranks - 1) / ranks, log_probability.size(0));
  if (kept.sum().item<std::int64_t>() >= least) return kept;
  const torch::Tensor hardest = std::get<1>(log_probability.topk(least, 0, /*largest=*/false));
  return torch::zeros_like(kept).index_fill(0, hardest, 1);
}

}  // namespace

LossResult OhemLoss::compute(const Scored& batch) {
  const ClassReadings readings = weighting().weigh(batch);
  const TruePixels pixels = true_pixels(batch);
  const torch::Tensor kept = hard_pixels(pixels.log_probability.detach(), options_, batch.ranks().world_size());
  return {weighted_mean(pixels.log_probability.neg(), pixels.truth, kept, readings.weights, weighting().normalizer, batch.ranks()),
          batch.mean_cross_entropy(), readings};
}

}  // namespace seg
