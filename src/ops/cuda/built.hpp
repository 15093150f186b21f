// Whether this program contains the CUDA kernels: it does if its LibTorch has CUDA (cmake/dependencies.cmake).
#pragma once

#include <cstdlib>
#include <string_view>

namespace seg::cuda {

#if defined(SEG_CUDA)
inline constexpr bool kBuilt = true;
#else
inline constexpr bool kBuilt = false;
#endif

/// A kernel for CUDA. Null in a program without CUDA kernels, and if the environment has SEG_CUDA_KERNELS=off, which leaves all work to LibTorch for
/// comparison.
template <class Signature, Signature* kKernel>
Signature* built() {
  if constexpr (kBuilt) {
    const char* wanted = std::getenv("SEG_CUDA_KERNELS");
    if (wanted == nullptr || std::string_view(wanted) != "off") return kKernel;
  }
  return nullptr;
}

}  // namespace seg::cuda
