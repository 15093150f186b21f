// Launches kernels. The tests also run kernels on the CPU, with their own threads and warps (tests/support/cuda_emulation.hpp), which then replace
// the definitions of this file.
#pragma once

#include <cstdint>

#include "ops/cuda/kernels.hpp"

namespace seg::cuda {

constexpr int kThreads = 256;

inline unsigned blocks_for(std::int64_t threads) { return static_cast<unsigned>((threads + kThreads - 1) / kThreads); }

}  // namespace seg::cuda

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#include <string>

#include "base/error.hpp"

namespace seg::cuda {

/// kThreads threads per block; `shared`: bytes of shared memory of a block, in addition to those that the kernel declares.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 blocks, std::size_t shared, Stream stream, const Arguments&... arguments) {
  kernel<<<blocks, kThreads, shared, stream>>>(arguments...);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) throw Error(ErrorKind::kInternal, std::string("a CUDA kernel was not launched: ") + cudaGetErrorString(error));
}

/// The shared memory of a block, whose size is set at the launch.
__device__ inline double* launched_memory() {
  extern __shared__ double memory[];
  return memory;
}

}  // namespace seg::cuda

#endif

namespace seg::cuda {

__device__ inline std::int64_t own_index() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

}  // namespace seg::cuda
