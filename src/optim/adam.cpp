#include "optim/adam.hpp"

namespace seg {

Adam::Adam(const AdamOptions& options, Decay decay, std::vector<ParameterGroup> groups)
    : GroupedOptimizer(std::move(groups), {"exp_avg", "exp_avg_sq"}), options_(options), decay_(decay) {}

void Adam::apply(const ParameterUpdate& update) const {
  adam_update(update, {options_.beta1, options_.beta2, options_.eps, decay_ == Decay::kDecoupled});
}

}  // namespace seg
