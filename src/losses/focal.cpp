#include "losses/focal.hpp"

#include "losses/full_size.hpp"

namespace seg {

LossResult FocalLoss::compute(const LossInput& batch) {
  const BatchClassStatistics statistics = weighting().weigh(batch);
  const TruePixels pixels = true_pixels(batch);
  // The floor keeps the power's gradient finite at p = 1 for gamma < 1.
  const torch::Tensor miss = pixels.log_probability.expm1().neg().clamp_min(1e-8);
  const torch::Tensor values = miss.pow(options_.gamma) * pixels.log_probability.neg();
  return {weighted_mean(values, pixels, pixels.valid, statistics.weights, weighting().normalizer, batch.ranks()), batch.mean_cross_entropy(),
          statistics};
}

}  // namespace seg
