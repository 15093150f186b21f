#include "losses/ohem.hpp"

#include <cmath>

#include "losses/full_size.hpp"
#include "ops/upsample.hpp"

namespace seg {
namespace {

/// bool [M]: which pixels count.
torch::Tensor hard_pixels(const torch::Tensor& log_probability, const OhemOptions& options) {
  torch::Tensor kept = log_probability.lt(std::log(options.threshold));
  const std::int64_t least = std::min(options.min_kept, log_probability.size(0));
  if (kept.sum().item<std::int64_t>() >= least) return kept;
  const torch::Tensor hardest = std::get<1>(log_probability.topk(least, 0, /*largest=*/false));
  return torch::zeros_like(kept).index_fill(0, hardest, 1);
}

}  // namespace

LossResult OhemLoss::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  const BatchCounts batch = count_batch(logits, labels, align_corners_);
  const std::vector<double> weights = weighting_.classes->compute(batch.counts);
  const TruePixels pixels = true_pixels(upsample_logits(logits, labels.size(1), labels.size(2), align_corners_), labels);
  const torch::Tensor kept = hard_pixels(pixels.log_probability.detach(), options_);
  return {weighted_mean(pixels.log_probability.neg(), pixels.truth, kept, weights, weighting_.normalizer), batch.cross_entropy};
}

}  // namespace seg
