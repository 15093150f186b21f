#include "losses/balanced_cross_entropy.hpp"

namespace seg {

LossResult BalancedCrossEntropy::compute(const LossInput& batch) {
  const BatchClassStatistics statistics = weighting().weigh(batch);
  const bool by_weights = weighting().normalizer == Normalizer::kWeightSum;
  const torch::Tensor normaliser = by_weights ? (statistics.weights * statistics.pixels).sum() : batch.valid_pixels();
  const torch::Tensor factors = statistics.weights / or_one(normaliser);
  return {(factors * batch.sums().cross_entropy).sum().to(torch::kFloat), batch.mean_cross_entropy(), statistics};
}

}  // namespace seg
