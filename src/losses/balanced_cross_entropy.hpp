// Cross entropy with a weight for each class: plain, weighted and recall loss, which differ in their ClassWeighting alone.
//
//   L = sum_c w_c S_c / normaliser,   normaliser = sum_c GT_c (valid pixels) or sum_c w_c GT_c (weight sum)
//
// with S, GT and FN from class_sums. dL/dz_nj = w_{y_n} (p_nj - [j = y_n]) / normaliser: none flows through the weights.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class BalancedCrossEntropy : public Loss {
 public:
  BalancedCrossEntropy(Weighting weighting, bool align_corners) : weighting_(std::move(weighting)), align_corners_(align_corners) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;
  ClassReadings readings() const override { return weighting_.classes->readings(); }
  State state() const override { return weighting_.classes->state(); }
  void load(const State& state) override { weighting_.classes->load(state); }

 private:
  Weighting weighting_;
  bool align_corners_;
};

}  // namespace seg
