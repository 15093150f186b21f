// Label-distribution-aware margins (Cao et al., arXiv 1906.07413): cross entropy of s (z - margin_y [j = y]), mean over valid pixels.
//
//   margin_c = max_margin n_c^(-1/4) / max_k n_k^(-1/4), n_c = training pixels of class c; a class with none has the largest margin
#pragma once

#include "losses/loss.hpp"

namespace seg {

std::vector<double> ldam_margins(const std::vector<std::int64_t>& pixels, double max_margin);

class LdamLoss : public Loss {
 public:
  LdamLoss(const LdamOptions& options, const ClassStatistics& statistics, bool align_corners)
      : scale_(options.scale),
        margins_(torch::tensor(ldam_margins(statistics.pixels, options.max_margin), torch::kDouble)),
        align_corners_(align_corners) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;

 private:
  double scale_;
  torch::Tensor margins_;  // float64 [K]
  bool align_corners_;
};

}  // namespace seg
