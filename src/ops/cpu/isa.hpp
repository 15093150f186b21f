// Compiles the same loops for several instruction sets, one of which is selected at run time.
//
// A kernel has one body of SEG_INLINE functions and one entry function per instruction set, each with a SEG_TARGET_ attribute: the body
// is inlined into the entries and vectorised for their set. These sources include no library header with inline code, because that could be
// compiled for a set that the processor lacks.
#pragma once

#include "ops/inline.hpp"

#if defined(__x86_64__)
#define SEG_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#define SEG_TARGET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma,prefer-vector-width=512")]]
#else
#define SEG_TARGET_AVX2
#define SEG_TARGET_AVX512
#endif

namespace seg::cpu {

enum class InstructionSet { kPortable, kAvx2, kAvx512 };

/// `wanted` is portable, avx2 or avx512; null selects the best of this processor. Throws kConfiguration for a set that it does not support.
InstructionSet instruction_set_named(const char* wanted);
/// The set in the environment variable SEG_KERNELS, with which one machine can test every variant; read once.
InstructionSet instruction_set();

template <class Entries>
const Entries& choose(const Entries& portable, const Entries& avx2, const Entries& avx512) {
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return avx512;
    case InstructionSet::kAvx2:
      return avx2;
    case InstructionSet::kPortable:
      break;
  }
  return portable;
}

}  // namespace seg::cpu
