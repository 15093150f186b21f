// Label-distribution-aware margins (Cao et al., arXiv 1906.07413): cross entropy of s (z - margin_y [j = y]), mean over valid pixels.
//
//   margin_c = max_margin n_c^(-1/4) / max_k n_k^(-1/4), n_c = training pixels of class c; a class with none has the largest margin
//
// Unlike the paper's training it neither normalises features and weights, so that logits are no cosines, nor weights classes after some epochs
// (deferred re-weighting).
#pragma once

#include "losses/loss.hpp"

namespace seg {

std::vector<double> ldam_margins(const std::vector<std::int64_t>& pixels, double max_margin);

class LdamLoss : public Loss {
 public:
  LdamLoss(const LossOptions& options, const LossContext& context);

  LossResult compute(const LossInput& batch) override;

 private:
  double scale_;
  torch::Tensor margins_;  // float64 [K]
};

}  // namespace seg
