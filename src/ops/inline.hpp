// Functions that kernels are made of: inlined into each entry, whatever instruction set or device that is compiled for.
#pragma once

#if defined(__CUDACC__)
#define SEG_INLINE __host__ __device__ __forceinline__
#else
#define SEG_INLINE [[gnu::always_inline]] inline
#endif
