// Focal loss of each pixel: L = mean_n w_{y_n} (1 - p_n)^gamma (-log p_n), p_n the probability of the true class (arXiv 1708.02002).
#pragma once

#include "losses/weighted.hpp"

namespace seg {

class FocalLoss : public WeightedLoss {
 public:
  FocalLoss(const LossOptions& options, const LossContext& context) : WeightedLoss(options, context), options_(options.focal) {}

  LossResult compute(const LossInput& batch) override;

 private:
  FocalOptions options_;
};

}  // namespace seg
