#include "losses/ohem.hpp"

#include <cmath>

#include "losses/full_size.hpp"

namespace seg {
namespace {

/// The same numbers of pixels without one of them known to the host. Where enough pixels are below the threshold, the hardest are among them; where
/// too few are, all of them are among the hardest: what is kept is in either set.
torch::Tensor hard_pixels_ahead(const TruePixels& pixels, double threshold, std::int64_t least) {
  const torch::Tensor log_probability = pixels.log_probability.detach().masked_fill(pixels.valid.logical_not(), 1);  // easier than any
  const torch::Tensor hardest = std::get<1>(log_probability.topk(std::min(least, log_probability.size(0)), 0, /*largest=*/false));
  return log_probability.lt(std::log(threshold)).index_fill(0, hardest, 1).logical_and(pixels.valid);
}

/// bool [M]: which pixels count.
torch::Tensor hard_pixels(const TruePixels& pixels, const OhemOptions& options, std::int64_t ranks) {
  const std::int64_t wanted = (options.min_kept + ranks - 1) / ranks;
  if (pixels.valid.defined()) return hard_pixels_ahead(pixels, options.threshold, wanted);
  const torch::Tensor log_probability = pixels.log_probability.detach();
  torch::Tensor kept = log_probability.lt(std::log(options.threshold));
  const std::int64_t least = std::min(wanted, log_probability.size(0));
  if (kept.sum().item<std::int64_t>() >= least) return kept;
  const torch::Tensor hardest = std::get<1>(log_probability.topk(least, 0, /*largest=*/false));
  return torch::zeros_like(kept).index_fill(0, hardest, 1);
}

}  // namespace

LossResult OhemLoss::compute(const Scored& batch) {
  const ClassReadings readings = weighting().weigh(batch);
  const TruePixels pixels = true_pixels(batch);
  const torch::Tensor kept = hard_pixels(pixels, options_, batch.ranks().world_size());
  return {weighted_mean(pixels.log_probability.neg(), pixels, kept, readings.weights, weighting().normalizer, batch.ranks()),
          batch.mean_cross_entropy(), readings};
}

}  // namespace seg
