// Whether this program holds the kernels for CUDA: it does where its LibTorch has CUDA (cmake/dependencies.cmake).
#pragma once

namespace seg::cuda {

#if defined(SEG_CUDA)
inline constexpr bool kBuilt = true;
#else
inline constexpr bool kBuilt = false;
#endif

}  // namespace seg::cuda
