#include "losses/logit_adjustment.hpp"

#include "core/log_prior.hpp"

namespace seg {

LogitAdjustmentLoss::LogitAdjustmentLoss(const LossOptions& options, const LossContext& context)
    : shift_((log_prior(context.statistics->pixels) * options.la.tau).to(torch::kFloat).view({1, -1, 1, 1})) {}

LossResult LogitAdjustmentLoss::compute(const Scored& batch) {
  shift_ = shift_.to(batch.logits().device());  // once: from then on it is there
  const Scored adjusted = batch.with_logits(batch.logits().to(torch::kFloat) + shift_);
  return {adjusted.mean_loss(), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
