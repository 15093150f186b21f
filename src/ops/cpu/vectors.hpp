// Vector registers of float32 for kernels that are compiled for several instruction sets.
#pragma once

#include <cstdint>

#include "ops/inline.hpp"

namespace seg::cpu {

/// kLanes floats in one register, and as many integers.
template <int kLanes>
struct Lanes {
  typedef float Vector __attribute__((vector_size(4 * kLanes)));
  typedef std::uint32_t Bits __attribute__((vector_size(4 * kLanes)));
  typedef std::uint16_t Halves __attribute__((vector_size(2 * kLanes)));
};
template <int kLanes>
using Vector = typename Lanes<kLanes>::Vector;

template <class V>
SEG_INLINE void load(const float* from, V& vector) {
  __builtin_memcpy(&vector, from, sizeof(V));
}

/// Loads bfloat16 values.
template <class V>
SEG_INLINE void load(const std::uint16_t* from, V& vector) {
  using Of = Lanes<sizeof(V) / 4>;
  typename Of::Halves halves;
  __builtin_memcpy(&halves, from, sizeof(halves));
  const typename Of::Bits bits = __builtin_convertvector(halves, typename Of::Bits) << 16;
  __builtin_memcpy(&vector, &bits, sizeof(V));
}

template <class V>
SEG_INLINE void store(const V& vector, float* into) {
  __builtin_memcpy(into, &vector, sizeof(V));
}

/// Stores as bfloat16: rounds to nearest, ties to even (see ops/bfloat16.hpp).
template <class V>
SEG_INLINE void store(const V& vector, std::uint16_t* into) {
  using Of = Lanes<sizeof(V) / 4>;
  typename Of::Bits bits;
  __builtin_memcpy(&bits, &vector, sizeof(V));
  const typename Of::Bits rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  const typename Of::Bits kept = vector == vector ? rounded : typename Of::Bits{} + 0x7FC0u;
  const typename Of::Halves halves = __builtin_convertvector(kept, typename Of::Halves);
  __builtin_memcpy(into, &halves, sizeof(halves));
}

}  // namespace seg::cpu
