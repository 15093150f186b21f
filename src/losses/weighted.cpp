#include "losses/weighted.hpp"

#include "losses/class_weighting/registry.hpp"
#include "losses/registry.hpp"

namespace seg {

WeightedLoss::WeightedLoss(const LossOptions& options, const LossContext& context)
    : weighting_(build_weighting(weighting_of(options), options, context)) {}

}  // namespace seg
