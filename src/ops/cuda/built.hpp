// Whether this program holds the kernels for CUDA: it does where its LibTorch has CUDA (cmake/dependencies.cmake).
#pragma once

#include <cstdlib>
#include <string_view>

namespace seg::cuda {

#if defined(SEG_CUDA)
inline constexpr bool kBuilt = true;
#else
inline constexpr bool kBuilt = false;
#endif

/// A kernel for CUDA. Null in a program without, and where the environment says SEG_CUDA_KERNELS=off, which leaves all to LibTorch, to compare.
template <class Signature, Signature* kKernel>
Signature* built() {
  if constexpr (kBuilt) {
    const char* wanted = std::getenv("SEG_CUDA_KERNELS");
    if (wanted == nullptr || std::string_view(wanted) != "off") return kKernel;
  }
  return nullptr;
}

}  // namespace seg::cuda
