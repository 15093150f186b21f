// Cross entropy of the hard pixels alone: those whose true class has p < threshold, and at least the min_kept hardest of the
// batch; the mean is over what was kept (online hard example mining, arXiv 1604.03540, by pixel).
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class OhemLoss : public Loss {
 public:
  OhemLoss(const OhemOptions& options, Weighting weighting, bool align_corners)
      : options_(options), weighting_(std::move(weighting)), align_corners_(align_corners) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;
  ClassReadings readings() const override { return weighting_.classes->readings(); }
  State state() const override { return weighting_.classes->state(); }
  void load(const State& state) override { weighting_.classes->load(state); }

 private:
  OhemOptions options_;
  Weighting weighting_;
  bool align_corners_;
};

}  // namespace seg
