#include "optim/adam.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace seg {

Adam::Adam(const AdamOptions& options, Decay decay, std::vector<ParameterGroup> groups)
    : GroupedOptimizer(std::move(groups), {"exp_avg", "exp_avg_sq"}), options_(options), decay_(decay) {}

void Adam::apply(Update& update) const {
  if (update.weight_decay != 0.0 && decay_ == Decay::kDecoupled) {
    at::_foreach_mul_(update.parameters, 1.0 - update.learning_rate * update.weight_decay);
  } else if (update.weight_decay != 0.0) {
    update.gradients = at::_foreach_add(update.gradients, update.parameters, update.weight_decay);
  }
  const std::vector<torch::Tensor>& mean = update.moments[0];
  const std::vector<torch::Tensor>& square = update.moments[1];
  at::_foreach_mul_(mean, options_.beta1);
  at::_foreach_add_(mean, update.gradients, 1.0 - options_.beta1);
  at::_foreach_mul_(square, options_.beta2);
  at::_foreach_addcmul_(square, update.gradients, update.gradients, 1.0 - options_.beta2);

  std::vector<at::Scalar> corrections;
  std::vector<at::Scalar> step_sizes;
  for (const double step : update.steps) {
    corrections.emplace_back(std::sqrt(1.0 - std::pow(options_.beta2, step)));
    step_sizes.emplace_back(-update.learning_rate / (1.0 - std::pow(options_.beta1, step)));
  }
  const std::vector<torch::Tensor> denominator = at::_foreach_sqrt(square);
  at::_foreach_div_(denominator, corrections);
  at::_foreach_add_(denominator, options_.eps);
  at::_foreach_addcdiv_(update.parameters, mean, denominator, step_sizes);
}

}  // namespace seg
