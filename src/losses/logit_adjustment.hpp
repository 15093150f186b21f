// Logit adjustment in training (Menon et al., arXiv 2007.07314): cross entropy of z_c + tau log pi_c, mean over the valid pixels; pi_c is the
// share of class c among the training pixels. tau 1 is balanced softmax.
//
// A class without a training pixel (log pi_c = -inf) is left out for every tau and gets no gradient. A pixel that has its label nevertheless adds a
// loss of about a million, which is finite, and changes only the scores of the other classes.
//
// Up-sampling preserves a constant, so the adjustment is added to the logits at the head's stride.
#pragma once

#include "core/log_prior.hpp"
#include "losses/loss.hpp"

namespace seg {

class LogitAdjustmentLoss : public Loss {
 public:
  LogitAdjustmentLoss(const LossOptions& options, const LossContext& context)
      : shift_((log_prior(context.statistics->pixels) * options.la.tau).to(context.device, torch::kFloat).view({1, -1, 1, 1})),
        unseen_(torch::tensor(context.statistics->pixels, torch::kLong).eq(0).to(context.device).view({1, -1, 1, 1})) {}

  LossResult compute(const LossInput& batch) override {
    const LossInput adjusted = batch.with_logits((batch.logits().to(torch::kFloat) + shift_).masked_fill(unseen_, kImpossible));
    return {adjusted.mean_loss(), {}};
  }

 private:
  /// The score of a class that is left out: far below all others, but finite, so that up-sampling does not produce NaN.
  static constexpr double kImpossible = -1e6;

  torch::Tensor shift_;   // float32 [1,K,1,1]
  torch::Tensor unseen_;  // bool [1,K,1,1]: classes without a training pixel
};

}  // namespace seg
