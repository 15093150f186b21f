#include "ops/fused_updates.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "core/torch_compat.hpp"

namespace seg {

#if SEG_TORCH_AT_LEAST(2, 4)

void fused_adam(const FusedUpdate& update, const FusedAdam& options) {
  const torch::NoGradGuard no_gradient;
  const auto step = [&](const auto& function) {
    function(update.parameters, update.gradients, update.moments.at(0), update.moments.at(1), torch::TensorList(), update.steps, update.learning_rate,
             options.beta1, options.beta2, update.weight_decay, options.eps, /*amsgrad=*/false, /*maximize=*/false, std::nullopt, update.skip);
  };
  if (options.decoupled_decay)
    step([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  else
    step([](auto&&... arguments) { at::_fused_adam_(arguments...); });
}

void fused_sgd(const FusedUpdate& update, double momentum, bool nesterov) {
  const torch::NoGradGuard no_gradient;
  const torch::TensorList buffers = update.moments.empty() ? torch::TensorList() : torch::TensorList(update.moments.front());
  // The buffers start at 0, which makes the first step like any other.
  at::_fused_sgd_(update.parameters, update.gradients, buffers, update.weight_decay, momentum, update.learning_rate, /*dampening=*/0.0, nesterov,
                  /*maximize=*/false, /*is_first_step=*/false, std::nullopt, update.skip);
}

#else

namespace {

[[noreturn]] void refuse() { throw Error(ErrorKind::kInternal, "this LibTorch has no fused updates"); }

}  // namespace

void fused_adam(const FusedUpdate&, const FusedAdam&) { refuse(); }

void fused_sgd(const FusedUpdate&, double, bool) { refuse(); }

#endif

}  // namespace seg
