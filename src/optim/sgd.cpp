#include "optim/sgd.hpp"

#include <ATen/ATen.h>

namespace seg {

Sgd::Sgd(const SgdOptions& options, std::vector<ParameterGroup> groups)
    : GroupedOptimizer(std::move(groups), options.momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}),
      options_(options) {}

void Sgd::apply(Update& update) const {
  if (update.weight_decay != 0.0) update.gradients = at::_foreach_add(update.gradients, update.parameters, update.weight_decay);
  if (options_.momentum > 0.0) {
    const std::vector<torch::Tensor>& buffer = update.moments[0];
    at::_foreach_mul_(buffer, options_.momentum);
    at::_foreach_add_(buffer, update.gradients, 1.0);
    update.gradients = options_.nesterov ? at::_foreach_add(update.gradients, buffer, options_.momentum) : buffer;
  }
  at::_foreach_add_(update.parameters, update.gradients, -update.learning_rate);
}

void Sgd::apply(const FusedUpdate& update) const { fused_sgd(update, options_.momentum, options_.nesterov); }

}  // namespace seg
