#include "ops/parameter_updates.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "ops/cpu/elements.hpp"
#include "ops/operators.hpp"

namespace seg {
namespace {

constexpr std::int64_t kGrain = 32768;  // minimum number of elements per thread

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

namespace {

void adam_on_cpu(at::TensorList parameters, at::TensorList gradients, at::TensorList means, at::TensorList squares, at::TensorList steps,
                 const torch::Tensor& learning_rate, const torch::Tensor& kept, double weight_decay, double beta1, double beta2, double eps,
                 bool decoupled_decay) {
  if (!kept.item<bool>()) return;
  const double rate = number(learning_rate);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double taken = number(steps[i]);
    cpu::adam_update(parameters[i], gradients[i], means[i], squares[i],
                     {.beta1 = beta1,
                      .beta2 = beta2,
                      .eps = eps,
                      .step_size = rate / (1.0 - std::pow(beta1, taken)),
                      .root_correction = std::sqrt(1.0 - std::pow(beta2, taken)),
                      .gradient_decay = decoupled_decay ? 0.0 : weight_decay,
                      .parameter_decay = decoupled_decay ? rate * weight_decay : 0.0});
  }
}

void sgd_on_cpu(at::TensorList parameters, at::TensorList given, at::TensorList buffers, const torch::Tensor& learning_rate,
                const torch::Tensor& kept, double weight_decay, double momentum, bool nesterov) {
  if (!kept.item<bool>()) return;
  std::vector<torch::Tensor> gradients = given.vec();
  if (weight_decay != 0.0) gradients = at::_foreach_add(gradients, parameters, weight_decay);
  if (momentum > 0.0) {
    at::_foreach_mul_(buffers, momentum);
    at::_foreach_add_(buffers, gradients, 1.0);
    gradients = nesterov ? at::_foreach_add(gradients, buffers, momentum) : buffers.vec();
  }
  at::_foreach_add_(parameters, gradients, -number(learning_rate));
}

void average_on_cpu(at::TensorList averages, at::TensorList values, const torch::Tensor& decay, const torch::Tensor& kept) {
  if (averages.empty() || !kept.item<bool>()) return;
  at::_foreach_mul_(averages, number(decay));
  at::_foreach_add_(averages, values, 1.0 - number(decay));
}

void scale_on_cpu(at::TensorList tensors, const torch::Tensor& factor) {
  if (!tensors.empty() && number(factor) != 1.0) at::_foreach_mul_(tensors, number(factor));
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(fused::adam_update)>(
      library,
      "adam_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] means, Tensor(c!)[] squares, Tensor[] steps, Tensor learning_rate, "
      "Tensor kept, float weight_decay, float beta1, float beta2, float eps, bool decoupled_decay) -> ()",
      {.cpu = adam_on_cpu, .any = fused::adam_update});
  define<decltype(fused::sgd_update)>(
      library,
      "sgd_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] buffers, Tensor learning_rate, Tensor kept, float weight_decay, "
      "float momentum, bool nesterov) -> ()",
      {.cpu = sgd_on_cpu, .any = fused::sgd_update});
  define<decltype(fused::average_update)>(library, "average_(Tensor(a!)[] averages, Tensor[] values, Tensor decay, Tensor kept) -> ()",
                                          {.cpu = average_on_cpu, .any = fused::average_update});
  define<decltype(fused::scale_all)>(library, "scale_(Tensor(a!)[] tensors, Tensor factor) -> ()", {.cpu = scale_on_cpu, .any = fused::scale_all});
}

}  // namespace

void adam_update(const ParameterUpdate& update, const AdamRule& rule) {
  static const auto found = find_operator<decltype(fused::adam_update)>("seg::adam_");
  const BelowAutograd below;
  found.call(update.parameters, update.gradients, update.moments.at(0), update.moments.at(1), update.steps, update.learning_rate, update.kept,
             update.weight_decay, rule.beta1, rule.beta2, rule.eps, rule.decoupled_decay);
}

void sgd_update(const ParameterUpdate& update, const SgdRule& rule) {
  static const auto found = find_operator<decltype(fused::sgd_update)>("seg::sgd_");
  const BelowAutograd below;
  const at::TensorList buffers = update.moments.empty() ? at::TensorList() : at::TensorList(update.moments.front());
  found.call(update.parameters, update.gradients, buffers, update.learning_rate, update.kept, update.weight_decay, rule.momentum, rule.nesterov);
}

void average_update(const std::vector<torch::Tensor>& averages, const std::vector<torch::Tensor>& values, const torch::Tensor& decay,
                    const torch::Tensor& kept) {
  static const auto found = find_operator<decltype(fused::average_update)>("seg::average_");
  const BelowAutograd below;
  found.call(averages, values, decay, kept);
}

void scale_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor) {
  static const auto found = find_operator<decltype(fused::scale_all)>("seg::scale_");
  const BelowAutograd below;
  found.call(tensors, factor);
}

}  // namespace seg
