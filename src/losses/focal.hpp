// Focal loss of each pixel: L = mean_n w_{y_n} (1 - p_n)^gamma (-log p_n), p_n the probability of the true class (arXiv 1708.02002).
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class FocalLoss : public Loss {
 public:
  FocalLoss(const FocalOptions& options, Weighting weighting, bool align_corners)
      : options_(options), weighting_(std::move(weighting)), align_corners_(align_corners) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;
  ClassReadings readings() const override { return weighting_.classes->readings(); }
  State state() const override { return weighting_.classes->state(); }
  void load(const State& state) override { weighting_.classes->load(state); }

 private:
  FocalOptions options_;
  Weighting weighting_;
  bool align_corners_;
};

}  // namespace seg
