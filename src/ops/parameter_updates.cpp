#include "ops/parameter_updates.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "ops/cpu/elements.hpp"
#include "ops/recorded.hpp"

namespace seg {
namespace {

constexpr std::int64_t kGrain = 32768;  // elements worth a thread

double number(const torch::Tensor& scalar) { return scalar.item<double>(); }

}  // namespace

void reference::adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                            const AdamStep& step) {
  const torch::NoGradGuard no_gradient;
  parameter.mul_(1.0 - step.parameter_decay);
  const torch::Tensor g = step.gradient_decay == 0.0 ? gradient : gradient.add(parameter, step.gradient_decay);
  mean.mul_(step.beta1).add_(g, 1.0 - step.beta1);
  square.mul_(step.beta2).addcmul_(g, g, 1.0 - step.beta2);
  parameter.addcdiv_(mean, square.sqrt().div_(step.root_correction).add_(step.eps), -step.step_size);
}

void cpu::adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                      const AdamStep& step) {
  const auto alike = [&](const torch::Tensor& other) { return other.scalar_type() == torch::kFloat && other.strides() == parameter.strides(); };
  if (!parameter.is_cpu() || !parameter.is_non_overlapping_and_dense() || !alike(parameter) || !alike(mean) || !alike(square))
    return reference::adam_update(parameter, gradient, mean, square, step);
  const torch::Tensor g =
      alike(gradient) ? gradient : torch::empty_strided(parameter.sizes(), parameter.strides(), parameter.options()).copy_(gradient);
  const auto f = [](double value) { return static_cast<float>(value); };
  RecordedOp op("seg::adam", {parameter, g, mean, square});
  op.writes({parameter, mean, square});
  const cpu::AdamFactors factors{.beta1 = f(step.beta1),
                                 .rest1 = f(1.0 - step.beta1),
                                 .beta2 = f(step.beta2),
                                 .rest2 = f(1.0 - step.beta2),
                                 .eps = f(step.eps),
                                 .step_size = f(step.step_size),
                                 .root_correction = f(step.root_correction),
                                 .gradient_decay = f(step.gradient_decay),
                                 .parameter_decay = f(step.parameter_decay)};
  at::parallel_for(0, parameter.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    cpu::adam_update(parameter.data_ptr<float>() + begin, g.data_ptr<float>() + begin, mean.data_ptr<float>() + begin,
                     square.data_ptr<float>() + begin, end - begin, factors);
  });
}

void adam_update(const ParameterUpdate& update, const AdamRule& rule) {
  if (!update.kept.is_cpu()) return fused::adam_update(update, rule);
  if (!update.kept.item<bool>()) return;
  const double rate = number(update.learning_rate);
  for (std::size_t i = 0; i < update.parameters.size(); ++i) {
    const double steps = number(update.steps[i]);
    cpu::adam_update(update.parameters[i], update.gradients[i], update.moments[0][i], update.moments[1][i],
                     {.beta1 = rule.beta1,
                      .beta2 = rule.beta2,
                      .eps = rule.eps,
                      .step_size = rate / (1.0 - std::pow(rule.beta1, steps)),
                      .root_correction = std::sqrt(1.0 - std::pow(rule.beta2, steps)),
                      .gradient_decay = rule.decoupled_decay ? 0.0 : update.weight_decay,
                      .parameter_decay = rule.decoupled_decay ? rate * update.weight_decay : 0.0});
  }
}

void sgd_update(const ParameterUpdate& update, const SgdRule& rule) {
  if (!update.kept.is_cpu()) return fused::sgd_update(update, rule);
  if (!update.kept.item<bool>()) return;
  const torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> gradients = update.gradients;
  if (update.weight_decay != 0.0) gradients = at::_foreach_add(gradients, update.parameters, update.weight_decay);
  if (rule.momentum > 0.0) {
    const std::vector<torch::Tensor>& buffer = update.moments[0];
    at::_foreach_mul_(buffer, rule.momentum);
    at::_foreach_add_(buffer, gradients, 1.0);
    gradients = rule.nesterov ? at::_foreach_add(gradients, buffer, rule.momentum) : buffer;
  }
  at::_foreach_add_(update.parameters, gradients, -number(update.learning_rate));
}

void average_update(const std::vector<torch::Tensor>& averages, const std::vector<torch::Tensor>& values, const torch::Tensor& decay,
                    const torch::Tensor& kept) {
  if (!kept.is_cpu()) return fused::average_update(averages, values, decay, kept);
  if (averages.empty() || !kept.item<bool>()) return;
  const torch::NoGradGuard no_gradient;
  at::_foreach_mul_(averages, number(decay));
  at::_foreach_add_(averages, values, 1.0 - number(decay));
}

void scale_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor) {
  if (!factor.is_cpu()) return fused::scale_all(tensors, factor);
  if (tensors.empty() || number(factor) == 1.0) return;
  const torch::NoGradGuard no_gradient;
  at::_foreach_mul_(tensors, number(factor));
}

}  // namespace seg
