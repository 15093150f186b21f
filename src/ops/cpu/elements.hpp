// Element-wise loops over runs of values: dropout and Adam.
#pragma once

#include <cstdint>

#include "ops/drop_hash.hpp"

namespace seg::cpu {

/// A run of `count` values; its first value has the index `first` among the values that share a key.
struct Run {
  std::int64_t first;
  std::int64_t count;
};

/// result[i] = values[i], dropped or kept according to the hash of place first + i. float32, or the bits of bfloat16.
template <class Value>
void drop_out(const Value* values, const Run& run, std::uint64_t key, const Dropping& dropping, Value* result);

/// See AdamStep.
struct AdamFactors {
  float beta1;
  float rest1;  // 1 - beta1, exact
  float beta2;
  float rest2;
  float eps;
  float step_size;
  float root_correction;
  float gradient_decay;
  float parameter_decay;
};
void adam_update(float* parameter, const float* gradient, float* mean, float* square, std::int64_t count, const AdamFactors& factors);

}  // namespace seg::cpu
