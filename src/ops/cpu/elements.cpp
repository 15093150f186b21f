#include "ops/cpu/elements.hpp"

#include "ops/bfloat16.hpp"
#include "ops/cpu/isa.hpp"

namespace seg::cpu {
namespace {

template <class Value>
SEG_INLINE void drop_out_body(const Value* values, Run run, std::uint64_t key, Dropping dropping, Value* __restrict result) {
  const auto first = static_cast<std::uint32_t>(run.first);
  for (std::int64_t i = 0; i < run.count; ++i) store(dropping(load(values[i]), drop_hash(static_cast<std::uint32_t>(i) + first, key)), result[i]);
}

SEG_INLINE void adam_body(float* __restrict parameter, const float* __restrict gradient, float* __restrict mean, float* __restrict square,
                          std::int64_t count, const AdamFactors& factors) {
  const AdamFactors f = factors;
  for (std::int64_t i = 0; i < count; ++i) {
    const float p = parameter[i] - f.parameter_decay * parameter[i];
    const float g = gradient[i] + f.gradient_decay * p;
    const float m = f.beta1 * mean[i] + f.rest1 * g;
    const float v = f.beta2 * square[i] + f.rest2 * (g * g);
    mean[i] = m;
    square[i] = v;
    parameter[i] = p - f.step_size * (m / (__builtin_sqrtf(v) / f.root_correction + f.eps));
  }
}

/// The entries, compiled for one instruction set.
struct Entries {
  void (*drop_floats)(const float*, const Run&, std::uint64_t, const Dropping&, float*);
  void (*drop_halves)(const std::uint16_t*, const Run&, std::uint64_t, const Dropping&, std::uint16_t*);
  void (*adam)(float*, const float*, float*, float*, std::int64_t, const AdamFactors&);
};

#define SEG_ENTRIES(name, ...)                                                                                                                      \
  __VA_ARGS__ void floats_##name(const float* x, const Run& n, std::uint64_t k, const Dropping& d, float* y) { drop_out_body(x, n, k, d, y); }      \
  __VA_ARGS__ void halves_##name(const std::uint16_t* x, const Run& n, std::uint64_t k, const Dropping& d, std::uint16_t* y) {                      \
    drop_out_body(x, n, k, d, y);                                                                                                                   \
  }                                                                                                                                                 \
  __VA_ARGS__ void adam_##name(float* p, const float* g, float* m, float* v, std::int64_t n, const AdamFactors& f) { adam_body(p, g, m, v, n, f); } \
  constexpr Entries k_##name = {floats_##name, halves_##name, adam_##name};

SEG_ENTRIES(any)
SEG_ENTRIES(avx2, SEG_TARGET_AVX2)
SEG_ENTRIES(avx512, SEG_TARGET_AVX512)

const Entries& entries() {
  static const Entries& chosen = choose(k_any, k_avx2, k_avx512);
  return chosen;
}

}  // namespace

template <>
void drop_out(const float* values, const Run& run, std::uint64_t key, const Dropping& dropping, float* result) {
  entries().drop_floats(values, run, key, dropping, result);
}

template <>
void drop_out(const std::uint16_t* values, const Run& run, std::uint64_t key, const Dropping& dropping, std::uint16_t* result) {
  entries().drop_halves(values, run, key, dropping, result);
}

void adam_update(float* parameter, const float* gradient, float* mean, float* square, std::int64_t count, const AdamFactors& factors) {
  entries().adam(parameter, gradient, mean, square, count, factors);
}

}  // namespace seg::cpu
