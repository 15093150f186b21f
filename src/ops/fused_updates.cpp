#include <ATen/ATen.h>

#include "base/error.hpp"
#include "device/torch_compat.hpp"
#include "ops/parameter_updates.hpp"

namespace seg::fused {

#if SEG_TORCH_AT_LEAST(2, 4)

namespace {

/// Laid out like the parameters, as LibTorch's kernels need them.
std::vector<torch::Tensor> gradients_of(const ParameterUpdate& update) {
  std::vector<torch::Tensor> gradients = update.gradients;
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].strides() != update.parameters[i].strides()) gradients[i] = torch::empty_like(update.parameters[i]).copy_(gradients[i]);
  return gradients;
}

torch::Tensor rate_of(const ParameterUpdate& update) { return update.learning_rate.to(torch::kFloat); }

/// LibTorch asks for a float32 scalar: 1 leaves all as it is.
torch::Tensor skip_of(const ParameterUpdate& update) { return update.kept.logical_not().to(torch::kFloat); }

}  // namespace

void adam_update(const ParameterUpdate& update, const AdamRule& rule) {
  const torch::NoGradGuard no_gradient;
  const auto step = [&](const auto& function) {
    function(update.parameters, gradients_of(update), update.moments.at(0), update.moments.at(1), torch::TensorList(), update.steps, rate_of(update),
             rule.beta1, rule.beta2, update.weight_decay, rule.eps, /*amsgrad=*/false, /*maximize=*/false, std::nullopt, skip_of(update));
  };
  if (rule.decoupled_decay)
    step([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  else
    step([](auto&&... arguments) { at::_fused_adam_(arguments...); });
}

void sgd_update(const ParameterUpdate& update, const SgdRule& rule) {
  const torch::NoGradGuard no_gradient;
  const torch::TensorList buffers = update.moments.empty() ? torch::TensorList() : torch::TensorList(update.moments.front());
  // The buffers start at 0, which makes the first step like any other.
  at::_fused_sgd_(update.parameters, gradients_of(update), buffers, update.weight_decay, rule.momentum, rate_of(update), /*dampening=*/0.0,
                  rule.nesterov, /*maximize=*/false, /*is_first_step=*/false, std::nullopt, skip_of(update));
}

void average_update(const std::vector<torch::Tensor>& averages, const std::vector<torch::Tensor>& values, const torch::Tensor& decay,
                    const torch::Tensor& kept) {
  if (averages.empty()) return;
  const torch::NoGradGuard no_gradient;
  const std::vector<torch::Tensor> moved = at::_foreach_sub(values, averages);  // a value that is not finite would not be left out by `kept`
  at::_foreach_mul_(moved, ((1 - decay) * kept).to(torch::kFloat));
  at::_foreach_add_(averages, moved);
}

void scale_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor) {
  const torch::NoGradGuard no_gradient;
  if (!tensors.empty()) at::_foreach_mul_(tensors, factor.to(torch::kFloat));
}

#else

namespace {

[[noreturn]] void refuse() { throw Error(ErrorKind::kInternal, "this LibTorch has no fused updates"); }

}  // namespace

void adam_update(const ParameterUpdate&, const AdamRule&) { refuse(); }
void sgd_update(const ParameterUpdate&, const SgdRule&) { refuse(); }
void average_update(const std::vector<torch::Tensor>&, const std::vector<torch::Tensor>&, const torch::Tensor&, const torch::Tensor&) { refuse(); }
void scale_all(const std::vector<torch::Tensor>&, const torch::Tensor&) { refuse(); }

#endif

}  // namespace seg::fused
