// One body of loops compiled for several instruction sets, one of which is chosen at run time.
//
// A kernel writes its body once as SEG_INLINE functions and repeats only the entries, each with a SEG_TARGET_ attribute: the body is
// inlined into them and vectorised for that set. Such a source includes no library header with inline code, which could be
// compiled for a set that the processor has not.
#pragma once

#define SEG_INLINE [[gnu::always_inline]] inline

#if defined(__x86_64__)
#define SEG_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#define SEG_TARGET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma,prefer-vector-width=512")]]
#else
#define SEG_TARGET_AVX2
#define SEG_TARGET_AVX512
#endif

namespace seg::cpu {

/// The entries for the best instruction set of this processor; `any` where it is not an x86-64 one.
template <class Entries>
const Entries& choose([[maybe_unused]] const Entries& any, [[maybe_unused]] const Entries& avx2, [[maybe_unused]] const Entries& avx512) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
  return any;
}

}  // namespace seg::cpu
