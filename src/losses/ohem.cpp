#include "losses/ohem.hpp"

#include "losses/full_size.hpp"
#include "ops/hard_pixels.hpp"

namespace seg {

LossResult OhemLoss::compute(const LossInput& batch) {
  const BatchClassStatistics statistics = weighting().weigh(batch);
  const TruePixels pixels = true_pixels(batch);
  const std::int64_t ranks = batch.ranks().world_size(), least = (options_.min_kept + ranks - 1) / ranks;
  const torch::Tensor kept = hard_pixels(pixels.log_probability, pixels.valid, options_.threshold, least);
  return {weighted_mean(pixels.log_probability.neg(), pixels, kept, statistics.weights, weighting().normalizer, batch.ranks()),
          batch.mean_cross_entropy(), statistics};
}

}  // namespace seg
