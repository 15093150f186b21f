// The kernels as operators of LibTorch, "seg::NAME": its dispatcher takes the kernel of the device that the tensors are on, and profilers see the
// name with the tensors that are read and written.
//
// Each is registered (TORCH_LIBRARY_FRAGMENT) in the file that calls it, so that no linker leaves a registration out.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <string>
#include <utility>

#include "ops/cuda/built.hpp"

namespace seg {

/// Null where there is none.
template <class Signature>
struct Kernels {
  Signature* cpu = nullptr;
  Signature* cuda = nullptr;      // see cuda::built
  Signature* meta = nullptr;      // shapes and types alone
  Signature* autograd = nullptr;  // over the others, where the derivative is ours
  Signature* any = nullptr;       // plain ATen operations, for a device without a kernel; LibTorch finds their derivative
};

template <class Signature>
void define(torch::Library& library, const std::string& schema, const Kernels<Signature>& kernels) {
  library.def(schema.c_str());
  const std::string name = schema.substr(0, schema.find('('));
  using Key = c10::DispatchKey;
  for (const auto& [key, kernel] : {std::pair(Key::CPU, kernels.cpu), std::pair(Key::CUDA, kernels.cuda), std::pair(Key::Meta, kernels.meta),
                                    std::pair(Key::Autograd, kernels.autograd), std::pair(Key::CompositeImplicitAutograd, kernels.any)})
    if (kernel != nullptr) library.impl(name.c_str(), torch::dispatch(key, kernel));
}

/// The operator of this name, to be looked up once.
template <class Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

/// From an operator's own Autograd kernel: calls that of the device, as part of the same call to profilers. `first`: the first argument, a tensor.
template <class Signature, class... Arguments>
auto call_below(const c10::TypedOperatorHandle<Signature>& found, const torch::Tensor& first, const Arguments&... rest) {
  return found.redispatch(first.key_set() & c10::after_ADInplaceOrView_keyset, first, rest...);
}

/// While it lives, operators are called below autograd: for those without a derivative, and in what makes the derivative of others.
using BelowAutograd = at::AutoDispatchBelowADInplaceOrView;

}  // namespace seg
