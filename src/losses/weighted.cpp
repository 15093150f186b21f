#include "losses/weighted.hpp"

#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

WeightedLoss::WeightedLoss(const LossOptions& options, const LossContext& context)
    : weighting_(build_weighting(weighting_of(options), options, context)) {}

}  // namespace seg
