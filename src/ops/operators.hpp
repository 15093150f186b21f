// Registers the kernels as operators of LibTorch, "seg::NAME": its dispatcher selects the kernel for the device of the tensors, and profilers see
// the name and the tensors.
//
// Each operator is registered (TORCH_LIBRARY_FRAGMENT) in the file that calls it, so that the linker cannot drop the registration.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <string>
#include <utility>

#include "ops/cuda/built.hpp"

namespace seg {

/// Null if there is none.
template <class Signature>
struct Kernels {
  Signature* cpu = nullptr;
  Signature* cuda = nullptr;      // see cuda::built
  Signature* meta = nullptr;      // only shapes and types
  Signature* autograd = nullptr;  // calls the others, if we provide the derivative
  Signature* any = nullptr;       // plain ATen operations, for a device without a kernel; LibTorch provides their derivative
  // The same, only for CUDA without a kernel of ours. Unlike an operator with `any`, torch.compile leaves such an operator whole.
  Signature* plain_cuda = nullptr;
};

template <class Signature>
void define(torch::Library& library, const std::string& schema, const Kernels<Signature>& kernels) {
  library.def(schema.c_str());
  const std::string name = schema.substr(0, schema.find('('));
  using Key = c10::DispatchKey;
  Signature* const plain = kernels.cuda == nullptr ? kernels.plain_cuda : nullptr;
  for (const auto& [key, kernel] :
       {std::pair(Key::CPU, kernels.cpu), std::pair(Key::CUDA, kernels.cuda), std::pair(Key::CUDA, plain), std::pair(Key::AutogradCUDA, plain),
        std::pair(Key::Meta, kernels.meta), std::pair(Key::Autograd, kernels.autograd), std::pair(Key::CompositeImplicitAutograd, kernels.any)})
    if (kernel != nullptr) library.impl(name.c_str(), torch::dispatch(key, kernel));
}

/// The operator of this name; look it up only once.
template <class Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

/// For an operator's Autograd kernel: calls the kernel of the device; profilers see both as one call. `first`: the first argument, a tensor.
template <class Signature, class... Arguments>
auto call_below(const c10::TypedOperatorHandle<Signature>& found, const torch::Tensor& first, const Arguments&... rest) {
  return found.redispatch(first.key_set() & c10::after_ADInplaceOrView_keyset, first, rest...);
}

/// As long as it exists, operators are called below autograd: for operators without a derivative, and in the implementation of derivatives.
using BelowAutograd = at::AutoDispatchBelowADInplaceOrView;

}  // namespace seg
