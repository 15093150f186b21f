// What the files of kernels share: how they are launched.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace seg::cuda {

constexpr int kThreads = 256;

inline unsigned blocks_for(std::int64_t threads) { return static_cast<unsigned>((threads + kThreads - 1) / kThreads); }

inline void check_launch(const char* kernel) {
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) throw Error(ErrorKind::kInternal, std::string("the CUDA kernel ") + kernel + ": " + cudaGetErrorString(error));
}

__device__ inline std::int64_t own_index() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

}  // namespace seg::cuda
