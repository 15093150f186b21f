// The loops of sums keep a tile of channels in registers and iterate over pixels; the other loops iterate over the channels of a pixel.
#include "ops/cpu/batch_norm_rows.hpp"

#include "ops/bfloat16.hpp"
#include "ops/cpu/isa.hpp"

namespace seg::cpu {
namespace {

/// How to find out whether the ReLU passed a value.
enum class Sign { kNone, kOfX, kOfOutput, kOfBoundedX };

template <Sign sign, class Value>
SEG_INLINE float passed(float gradient, float centred, const Value* output, std::int64_t at, float scale, float bias, float upper) {
  if constexpr (sign == Sign::kOfBoundedX) {
    const float z = scale * centred + bias;
    return z <= 0.0f || z >= upper ? 0.0f : gradient;
  }
  if constexpr (sign == Sign::kOfX) return scale * centred + bias <= 0.0f ? 0.0f : gradient;
  if constexpr (sign == Sign::kOfOutput) return load(output[at]) <= 0.0f ? 0.0f : gradient;
  return gradient;
}

template <class Value>
SEG_INLINE Sign sign_of(const NormRows<Value>& rows, const NormFactors& factors) {
  if (!factors.relu) return Sign::kNone;
  if (rows.output != nullptr) return Sign::kOfOutput;
  return factors.upper < __builtin_inff() ? Sign::kOfBoundedX : Sign::kOfX;
}

/// total and squares [width]: sums of x - centre and of its squares.
template <int width, class Value>
SEG_INLINE void moments_group(const Value* x, std::int64_t channels, std::int64_t rows, const float* centre, float* total, float* squares) {
  for (int c = 0; c < width; ++c) total[c] = squares[c] = 0.0f;
  for (std::int64_t row = 0; row < rows; ++row, x += channels) {
    for (int c = 0; c < width; ++c) {
      const float value = load(x[c]) - centre[c];
      total[c] += value;
      squares[c] += value * value;
    }
  }
}

/// Combines the means and squared deviations of groups of rows (Chan, Golub and LeVeque, 1979). Each group is summed relative to the mean of all rows
/// before it, which are at least a third as many. The squares are then at most a few times the squared deviations, so no precision is lost.
template <int width, class Value>
SEG_INLINE void moments_tile(const NormRows<Value>& rows, std::int64_t first, double* sum, double* square) {
  float mean[width], deviations[width] = {}, total[width], squares[width];
  for (int c = 0; c < width; ++c) mean[c] = load(rows.x[first + c]);
  for (std::int64_t row = 1, count = 1; row < rows.rows; row += count) {
    count = 3 * row < rows.rows - row ? 3 * row : rows.rows - row;
    moments_group<width>(rows.x + row * rows.channels + first, rows.channels, count, mean, total, squares);
    const float share = 1.0f / static_cast<float>(row + count);
    for (int c = 0; c < width; ++c) {
      const float step = total[c] * share;
      mean[c] += step;
      deviations[c] += squares[c] - total[c] * step;
    }
  }
  // Sums relative to 0, in double, so that blocks and ranks can be added. The rounding error, about (mean / deviation)^2 of 2^-53, is less than that
  // of the features.
  for (int c = 0; c < width; ++c) {
    const double exact = mean[c], part = exact * static_cast<double>(rows.rows);
    sum[first + c] = part;
    square[first + c] = static_cast<double>(deviations[c]) + exact * part;
  }
}

template <class Value>
SEG_INLINE void moments_body(const NormRows<Value>& rows, double* sum, double* square) {
  std::int64_t first = 0;
  for (; first + 32 <= rows.channels; first += 32) moments_tile<32>(rows, first, sum, square);
  for (; first + 16 <= rows.channels; first += 16) moments_tile<16>(rows, first, sum, square);
  for (; first < rows.channels; ++first) moments_tile<1>(rows, first, sum, square);
}

template <bool add, class Value>
SEG_INLINE void normalize_each(const NormRows<Value>& rows, const NormFactors& factors, Value* __restrict result) {
  const float floor = factors.relu ? 0.0f : -__builtin_inff(), ceiling = factors.relu ? factors.upper : __builtin_inff();
  for (std::int64_t row = 0; row < rows.rows; ++row) {
    const std::int64_t at = row * rows.channels;
    for (std::int64_t c = 0; c < rows.channels; ++c) {
      float z = factors.scale[c] * (load(rows.x[at + c]) - factors.mean[c]) + factors.bias[c];
      if constexpr (add) z += load(rows.residual[at + c]);
      z = z < floor ? floor : z;  // NaN stays NaN
      store(z > ceiling ? ceiling : z, result[at + c]);
    }
  }
}

template <class Value>
SEG_INLINE void normalize_body(const NormRows<Value>& rows, const NormFactors& factors, Value* result) {
  if (rows.residual != nullptr)
    normalize_each<true>(rows, factors, result);
  else
    normalize_each<false>(rows, factors, result);
}

template <int width, Sign sign, class Value>
SEG_INLINE void gradient_moments_tile(const NormRows<Value>& rows, const NormFactors& factors, std::int64_t first, double* sum, double* product) {
  float mean[width], scale[width], bias[width], total[width] = {}, products[width] = {};
  for (int c = 0; c < width; ++c) {
    mean[c] = factors.mean[first + c];
    scale[c] = factors.scale[first + c];
    bias[c] = factors.bias[first + c];
  }
  std::int64_t at = first;
  for (std::int64_t row = 0; row < rows.rows; ++row, at += rows.channels) {
    for (int c = 0; c < width; ++c) {
      const float centred = load(rows.x[at + c]) - mean[c];
      const float g = passed<sign>(load(rows.gradient[at + c]), centred, rows.output, at + c, scale[c], bias[c], factors.upper);
      total[c] += g;
      products[c] += g * centred;
    }
  }
  for (int c = 0; c < width; ++c) sum[first + c] = static_cast<double>(total[c]);
  for (int c = 0; c < width; ++c) product[first + c] = static_cast<double>(products[c]);
}

template <Sign sign, class Value>
SEG_INLINE void gradient_moments_each(const NormRows<Value>& rows, const NormFactors& factors, double* sum, double* product) {
  std::int64_t first = 0;
  for (; first + 32 <= rows.channels; first += 32) gradient_moments_tile<32, sign>(rows, factors, first, sum, product);
  for (; first + 16 <= rows.channels; first += 16) gradient_moments_tile<16, sign>(rows, factors, first, sum, product);
  for (; first < rows.channels; ++first) gradient_moments_tile<1, sign>(rows, factors, first, sum, product);
}

template <class Value>
SEG_INLINE void gradient_moments_body(const NormRows<Value>& rows, const NormFactors& factors, double* sum, double* product) {
  switch (sign_of(rows, factors)) {
    case Sign::kNone:
      return gradient_moments_each<Sign::kNone>(rows, factors, sum, product);
    case Sign::kOfX:
      return gradient_moments_each<Sign::kOfX>(rows, factors, sum, product);
    case Sign::kOfOutput:
      return gradient_moments_each<Sign::kOfOutput>(rows, factors, sum, product);
    case Sign::kOfBoundedX:
      return gradient_moments_each<Sign::kOfBoundedX>(rows, factors, sum, product);
  }
}

template <Sign sign, bool with_residual, class Value>
SEG_INLINE void spread_each(const NormRows<Value>& rows, const NormFactors& factors, const NormGradientFactors& gradient, Value* __restrict x,
                            Value* __restrict residual) {
  for (std::int64_t row = 0; row < rows.rows; ++row) {
    const std::int64_t at = row * rows.channels;
    for (std::int64_t c = 0; c < rows.channels; ++c) {
      const float centred = load(rows.x[at + c]) - factors.mean[c];
      const float g = passed<sign>(load(rows.gradient[at + c]), centred, rows.output, at + c, factors.scale[c], factors.bias[c], factors.upper);
      store(gradient.factor[c] * g - gradient.product[c] * centred - gradient.offset[c], x[at + c]);
      if constexpr (with_residual) store(g, residual[at + c]);
    }
  }
}

template <class Value>
SEG_INLINE void spread_body(const NormRows<Value>& rows, const NormFactors& factors, const NormGradientFactors& gradient, Value* x, Value* residual) {
  switch (sign_of(rows, factors)) {
    case Sign::kNone:
      return residual ? spread_each<Sign::kNone, true>(rows, factors, gradient, x, residual)
                      : spread_each<Sign::kNone, false>(rows, factors, gradient, x, residual);
    case Sign::kOfX:
      return spread_each<Sign::kOfX, false>(rows, factors, gradient, x, residual);
    case Sign::kOfOutput:
      return residual ? spread_each<Sign::kOfOutput, true>(rows, factors, gradient, x, residual)
                      : spread_each<Sign::kOfOutput, false>(rows, factors, gradient, x, residual);
    case Sign::kOfBoundedX:
      return spread_each<Sign::kOfBoundedX, false>(rows, factors, gradient, x, residual);
  }
}

/// The entries for one type of values, compiled for one instruction set.
template <class Value>
struct Entries {
  void (*moments)(const NormRows<Value>&, double*, double*);
  void (*normalize)(const NormRows<Value>&, const NormFactors&, Value*);
  void (*gradient_moments)(const NormRows<Value>&, const NormFactors&, double*, double*);
  void (*spread)(const NormRows<Value>&, const NormFactors&, const NormGradientFactors&, Value*, Value*);
};

#define SEG_ENTRIES(name, V, ...)                                                                                                                   \
  __VA_ARGS__ void moments_##name(const NormRows<V>& r, double* s, double* q) { moments_body(r, s, q); }                                            \
  __VA_ARGS__ void normalize_##name(const NormRows<V>& r, const NormFactors& f, V* y) { normalize_body(r, f, y); }                                  \
  __VA_ARGS__ void gradient_moments_##name(const NormRows<V>& r, const NormFactors& f, double* s, double* p) { gradient_moments_body(r, f, s, p); } \
  __VA_ARGS__ void spread_##name(const NormRows<V>& r, const NormFactors& f, const NormGradientFactors& g, V* x, V* d) {                            \
    spread_body(r, f, g, x, d);                                                                                                                     \
  }                                                                                                                                                 \
  constexpr Entries<V> k_##name = {moments_##name, normalize_##name, gradient_moments_##name, spread_##name};

SEG_ENTRIES(float_any, float)
SEG_ENTRIES(float_avx2, float, SEG_TARGET_AVX2)
SEG_ENTRIES(float_avx512, float, SEG_TARGET_AVX512)
SEG_ENTRIES(half_any, std::uint16_t)
SEG_ENTRIES(half_avx2, std::uint16_t, SEG_TARGET_AVX2)
SEG_ENTRIES(half_avx512, std::uint16_t, SEG_TARGET_AVX512)

template <class Value>
const Entries<Value>& entries();

template <>
const Entries<float>& entries<float>() {
  static const Entries<float>& chosen = choose(k_float_any, k_float_avx2, k_float_avx512);
  return chosen;
}

template <>
const Entries<std::uint16_t>& entries<std::uint16_t>() {
  static const Entries<std::uint16_t>& chosen = choose(k_half_any, k_half_avx2, k_half_avx512);
  return chosen;
}

}  // namespace

template <class Value>
void sum_moments(const NormRows<Value>& rows, double* sum, double* square) {
  entries<Value>().moments(rows, sum, square);
}

template <class Value>
void normalize_rows(const NormRows<Value>& rows, const NormFactors& factors, Value* result) {
  entries<Value>().normalize(rows, factors, result);
}

template <class Value>
void sum_gradient_moments(const NormRows<Value>& rows, const NormFactors& factors, double* sum, double* product) {
  entries<Value>().gradient_moments(rows, factors, sum, product);
}

template <class Value>
void spread_gradient(const NormRows<Value>& rows, const NormFactors& factors, const NormGradientFactors& gradient, Value* x, Value* residual) {
  entries<Value>().spread(rows, factors, gradient, x, residual);
}

#define SEG_INSTANTIATE(V)                                                                      \
  template void sum_moments(const NormRows<V>&, double*, double*);                              \
  template void normalize_rows(const NormRows<V>&, const NormFactors&, V*);                     \
  template void sum_gradient_moments(const NormRows<V>&, const NormFactors&, double*, double*); \
  template void spread_gradient(const NormRows<V>&, const NormFactors&, const NormGradientFactors&, V*, V*);
SEG_INSTANTIATE(float)
SEG_INSTANTIATE(std::uint16_t)

}  // namespace seg::cpu
