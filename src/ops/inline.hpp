// Marks the functions of kernels as inline: they are inlined into each entry function, for its instruction set or device.
#pragma once

#if defined(__CUDACC__)
#define SEG_INLINE __host__ __device__ __forceinline__
#else
#define SEG_INLINE [[gnu::always_inline]] inline
#endif
