// Vector registers of float32 in kernels that are compiled for several instruction sets.
#pragma once

#include "ops/inline.hpp"

namespace seg::cpu {

/// kLanes floats of one register.
template <int kLanes>
struct Lanes {
  typedef float Vector __attribute__((vector_size(4 * kLanes)));
};
template <int kLanes>
using Vector = typename Lanes<kLanes>::Vector;

template <class V>
SEG_INLINE void load(const float* from, V& vector) {
  __builtin_memcpy(&vector, from, sizeof(V));
}

template <class V>
SEG_INLINE void store(const V& vector, float* into) {
  __builtin_memcpy(into, &vector, sizeof(V));
}

}  // namespace seg::cpu
