#include "losses/balanced_cross_entropy.hpp"

namespace seg {

LossResult BalancedCrossEntropy::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  const ClassSums sums = class_sums(logits, labels, align_corners_);
  const ClassCounts counts = to_counts(sums);
  std::vector<double> factors = weighting_.classes->compute(counts);
  const double normaliser = divisor(weighting_.normalizer, factors, counts.pixels);
  for (double& factor : factors) factor = normaliser > 0 ? factor / normaliser : 0.0;
  const torch::Tensor weights = torch::tensor(factors, torch::kDouble).to(logits.device());
  return {(weights * sums.cross_entropy).sum().to(torch::kFloat), mean_cross_entropy(sums, counts)};
}

}  // namespace seg
