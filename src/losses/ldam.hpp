// Label-distribution-aware margins (Cao et al., arXiv 1906.07413): cross entropy of s (z - margin_y [j = y]), mean over valid pixels.
//
//   margin_c = max_margin n_c^(-1/4) / max_k n_k^(-1/4), n_c = training pixels of class c; a class without pixels has the largest margin
//
// Unlike the training in the paper, it does not normalise features and weights, so that logits are not cosines, and it does not weight classes after
// some epochs (deferred re-weighting).
#pragma once

#include <cmath>

#include "losses/full_size.hpp"
#include "losses/loss.hpp"

namespace seg {

inline std::vector<double> ldam_margins(const std::vector<std::int64_t>& pixels, double max_margin) {
  double rarest = 0;
  for (const std::int64_t n : pixels) {
    if (n > 0 && (rarest == 0 || static_cast<double>(n) < rarest)) rarest = static_cast<double>(n);
  }
  std::vector<double> margins;
  for (const std::int64_t n : pixels) margins.push_back(n > 0 ? max_margin * std::pow(rarest / static_cast<double>(n), 0.25) : max_margin);
  return margins;
}

class LdamLoss : public Loss {
 public:
  LdamLoss(const LossOptions& options, const LossContext& context)
      : scale_(options.ldam.scale),
        margins_(torch::tensor(ldam_margins(context.statistics->pixels, options.ldam.max_margin), torch::kDouble).to(context.device)) {}

  LossResult compute(const LossInput& batch) override {
    const TruePixels pixels = true_pixels(batch, margins_, scale_);
    const torch::Tensor weights = torch::ones_like(margins_);
    return {weighted_mean(pixels.log_probability.neg(), pixels, pixels.valid, weights, Normalizer::kValidPixels, batch.ranks()), {}};
  }

 private:
  double scale_;
  torch::Tensor margins_;  // float64 [K]
};

}  // namespace seg
