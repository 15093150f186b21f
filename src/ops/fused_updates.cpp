#include <ATen/ATen.h>

#include "base/error.hpp"
#include "device/torch_compat.hpp"
#include "ops/parameter_updates.hpp"

namespace seg::fused {

#if SEG_TORCH_AT_LEAST(2, 4)

namespace {

/// Converts to the layout of the parameters, which LibTorch's kernels require.
std::vector<torch::Tensor> laid_out(at::TensorList given, at::TensorList parameters) {
  std::vector<torch::Tensor> gradients = given.vec();
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].strides() != parameters[i].strides()) gradients[i] = torch::empty_like(parameters[i]).copy_(gradients[i]);
  return gradients;
}

/// LibTorch takes a float32 scalar: 1 skips the update.
torch::Tensor skip_unless(const torch::Tensor& kept) { return kept.logical_not().to(torch::kFloat); }

}  // namespace

void adam_update(at::TensorList parameters, at::TensorList gradients, at::TensorList means, at::TensorList squares, at::TensorList steps,
                 const torch::Tensor& learning_rate, const torch::Tensor& kept, double weight_decay, double beta1, double beta2, double eps,
                 bool decoupled_decay) {
  const auto step = [&](const auto& function) {
    function(parameters, laid_out(gradients, parameters), means, squares, torch::TensorList(), steps, learning_rate.to(torch::kFloat), beta1, beta2,
             weight_decay, eps, /*amsgrad=*/false, /*maximize=*/false, std::nullopt, skip_unless(kept));
  };
  if (decoupled_decay)
    step([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  else
    step([](auto&&... arguments) { at::_fused_adam_(arguments...); });
}

void sgd_update(at::TensorList parameters, at::TensorList gradients, at::TensorList buffers, const torch::Tensor& learning_rate,
                const torch::Tensor& kept, double weight_decay, double momentum, bool nesterov) {
  // The buffers start at 0, so the first step needs no special case.
  at::_fused_sgd_(parameters, laid_out(gradients, parameters), buffers, weight_decay, momentum, learning_rate.to(torch::kFloat), /*dampening=*/0.0,
                  nesterov, /*maximize=*/false, /*is_first_step=*/false, std::nullopt, skip_unless(kept));
}

void average_update(at::TensorList averages, at::TensorList values, const torch::Tensor& decay, const torch::Tensor& kept) {
  if (averages.empty()) return;
  const std::vector<torch::Tensor> moved = at::_foreach_sub(values, averages);  // multiplying by `kept` does not remove a non-finite value
  at::_foreach_mul_(moved, ((1 - decay) * kept).to(torch::kFloat));
  at::_foreach_add_(averages, moved);
}

void scale_all(at::TensorList tensors, const torch::Tensor& factor) {
  if (!tensors.empty()) at::_foreach_mul_(tensors, factor.to(torch::kFloat));
}

#else

namespace {

[[noreturn]] void refuse() { throw Error(ErrorKind::kInternal, "this LibTorch has no fused updates"); }

}  // namespace

void adam_update(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList, const torch::Tensor&, const torch::Tensor&, double,
                 double, double, double, bool) {
  refuse();
}
void sgd_update(at::TensorList, at::TensorList, at::TensorList, const torch::Tensor&, const torch::Tensor&, double, double, bool) { refuse(); }
void average_update(at::TensorList, at::TensorList, const torch::Tensor&, const torch::Tensor&) { refuse(); }
void scale_all(at::TensorList, const torch::Tensor&) { refuse(); }

#endif

}  // namespace seg::fused
