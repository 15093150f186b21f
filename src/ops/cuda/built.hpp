// Whether this program holds the kernels for CUDA: it does where its LibTorch has CUDA (cmake/dependencies.cmake).
#pragma once

#include <torch/types.h>

#include <cstdlib>
#include <string_view>

namespace seg::cuda {

#if defined(SEG_CUDA)
inline constexpr bool kBuilt = true;
#else
inline constexpr bool kBuilt = false;
#endif

/// Whether they take this tensor: on CUDA, unless the environment says SEG_CUDA_KERNELS=off, which leaves all to LibTorch, to compare.
inline bool takes(const torch::Tensor& tensor) {
  static const char* wanted = std::getenv("SEG_CUDA_KERNELS");
  return kBuilt && tensor.is_cuda() && (wanted == nullptr || std::string_view(wanted) != "off");
}

}  // namespace seg::cuda
