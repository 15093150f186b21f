// Logit adjustment in training (Menon et al., arXiv 2007.07314): cross entropy of z_c + tau log pi_c, mean over the valid pixels; pi_c is the
// share of class c among the training pixels. tau 1 is balanced softmax.
//
// A class without a training pixel cannot be meant (log pi_c = -inf): it takes no part, whatever tau, and gets no gradient. A label that names it
// nevertheless costs about a million, which is finite, and moves the other classes' scores alone.
//
// A constant survives up-sampling, so it is added to the logits at the head's stride.
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
  /// The score of a class that cannot be meant: far below any other, yet finite, so that up-sampling does not make it no number.
  static constexpr double kImpossible = -1e6;

  torch::Tensor shift_;   // float32 [1,K,1,1]
  torch::Tensor unseen_;  // bool [1,K,1,1]: classes without a training pixel
};

}  // namespace seg
