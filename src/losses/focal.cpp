#include "losses/focal.hpp"

#include "losses/full_size.hpp"
#include "ops/upsample.hpp"

namespace seg {

LossResult FocalLoss::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  const BatchCounts batch = count_batch(logits, labels, align_corners_);
  const std::vector<double> weights = weighting_.classes->compute(batch.counts);
  const TruePixels pixels = true_pixels(upsample_logits(logits, labels.size(1), labels.size(2), align_corners_), labels);
  // The floor keeps the power's gradient finite at p = 1 for gamma < 1.
  const torch::Tensor miss = pixels.log_probability.expm1().neg().clamp_min(1e-8);
  const torch::Tensor values = miss.pow(options_.gamma) * pixels.log_probability.neg();
  return {weighted_mean(values, pixels.truth, {}, weights, weighting_.normalizer), batch.cross_entropy};
}

}  // namespace seg
