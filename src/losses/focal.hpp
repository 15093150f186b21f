// Focal loss of each pixel: L = mean_n w_{y_n} (1 - p_n)^gamma (-log p_n), p_n the probability of the true class (arXiv 1708.02002).
#pragma once

#include "losses/full_size.hpp"
#include "losses/weighted.hpp"

namespace seg {

class FocalLoss : public WeightedLoss {
 public:
  FocalLoss(const LossOptions& options, const LossContext& context) : WeightedLoss(options, context), options_(options.focal) {}

  LossResult compute(const LossInput& batch) override {
    const BatchClassStatistics statistics = weighting().weigh(batch);
    const TruePixels pixels = true_pixels(batch);
    // The floor keeps the power's gradient finite at p = 1 for gamma < 1.
    const torch::Tensor miss = pixels.log_probability.expm1().neg().clamp_min(1e-8);
    const torch::Tensor values = miss.pow(options_.gamma) * pixels.log_probability.neg();
    return {weighted_mean(values, pixels, pixels.valid, statistics.weights, weighting().normalizer, batch.ranks()), statistics};
  }

 private:
  FocalOptions options_;
};

}  // namespace seg
