#include "losses/logit_adjustment.hpp"

#include "core/log_prior.hpp"

namespace seg {
namespace {

/// The score of a class that cannot be meant: far below any other, yet finite, so that up-sampling does not make it no number.
constexpr double kImpossible = -1e6;

}  // namespace

LogitAdjustmentLoss::LogitAdjustmentLoss(const LossOptions& options, const LossContext& context)
    : shift_((log_prior(context.statistics->pixels) * options.la.tau).to(context.device, torch::kFloat).view({1, -1, 1, 1})),
      unseen_(torch::tensor(context.statistics->pixels, torch::kLong).eq(0).to(context.device).view({1, -1, 1, 1})) {}

LossResult LogitAdjustmentLoss::compute(const LossInput& batch) {
  const LossInput adjusted = batch.with_logits((batch.logits().to(torch::kFloat) + shift_).masked_fill(unseen_, kImpossible));
  return {adjusted.mean_loss(), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
