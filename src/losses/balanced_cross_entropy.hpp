// Cross entropy with a weight for each class: plain, weighted and recall loss, which differ only in their ClassWeighting.
//
//   L = sum_c w_c S_c / normaliser,   normaliser = sum_c GT_c (valid pixels) or sum_c w_c GT_c (weight sum)
//
// with S, GT and FN from class_sums. dL/dz_nj = w_{y_n} (p_nj - [j = y_n]) / normaliser: no gradient flows through the weights.
#pragma once

#include "losses/weighted.hpp"

namespace seg {

class BalancedCrossEntropy : public WeightedLoss {
 public:
  using WeightedLoss::WeightedLoss;
  LossResult compute(const LossInput& batch) override {
    const BatchClassStatistics statistics = weighting().weigh(batch);
    const bool by_weights = weighting().normalizer == Normalizer::kWeightSum;
    const torch::Tensor normaliser = by_weights ? (statistics.weights * statistics.pixels).sum() : batch.valid_pixels();
    const torch::Tensor factors = statistics.weights / or_one(normaliser);
    return {(factors * batch.sums().cross_entropy).sum().to(torch::kFloat), statistics};
  }
};

}  // namespace seg
