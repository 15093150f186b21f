#include "optim/adam.hpp"

#include <cmath>

#include "ops/adam.hpp"

namespace seg {

Adam::Adam(const AdamOptions& options, Decay decay, std::vector<ParameterGroup> groups)
    : GroupedOptimizer(std::move(groups), {"exp_avg", "exp_avg_sq"}), options_(options), decay_(decay) {}

void Adam::apply(Update& update) const {
  const bool decoupled = decay_ == Decay::kDecoupled;
  for (std::size_t i = 0; i < update.parameters.size(); ++i) {
    adam_update(update.parameters[i], update.gradients[i], update.moments[0][i], update.moments[1][i],
                {.beta1 = options_.beta1,
                 .beta2 = options_.beta2,
                 .eps = options_.eps,
                 .step_size = update.learning_rate / (1.0 - std::pow(options_.beta1, update.steps[i])),
                 .root_correction = std::sqrt(1.0 - std::pow(options_.beta2, update.steps[i])),
                 .gradient_decay = decoupled ? 0.0 : update.weight_decay,
                 .parameter_decay = decoupled ? update.learning_rate * update.weight_decay : 0.0});
  }
}

void Adam::apply(const FusedUpdate& update) const { fused_adam(update, {options_.beta1, options_.beta2, options_.eps, decay_ == Decay::kDecoupled}); }

}  // namespace seg
