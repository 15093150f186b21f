#include "ops/adam.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "ops/cpu/elements.hpp"
#include "ops/recorded.hpp"

namespace seg {
namespace {

constexpr std::int64_t kGrain = 32768;  // elements worth a thread

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

void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
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

}  // namespace seg
