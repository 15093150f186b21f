// The loops of the batch_norm kernel over a run of pixels, for float32 and bfloat16 (its upper 16 bits) features [rows][channels].
#pragma once

#include <cstdint>

namespace seg::cpu {

/// rows * channels values each, pixel by pixel.
template <class Value>
struct NormRows {
  std::int64_t rows;
  std::int64_t channels;
  const Value* x;
  const Value* residual;  // null: none
  const Value* output;    // null: the sign before the ReLU is computed from x; only for gradients
  const Value* gradient;  // with respect to the output; only for gradients
};

/// z = scale * (x - mean) + bias [channels], then the residual and the ReLU with the upper bound `upper`.
struct NormFactors {
  const float* mean;
  const float* scale;
  const float* bias;
  bool relu;
  float upper;  // infinite: no bound; finite only without a residual
};

/// d x = factor * g - product * (x - mean) - offset [channels], where g is the gradient for values that the ReLU passes, else 0.
struct NormGradientFactors {
  const float* factor;
  const float* product;
  const float* offset;
};

/// Sets sum and square [channels] to those of x.
template <class Value>
void sum_moments(const NormRows<Value>& rows, double* sum, double* square);
template <class Value>
void normalize_rows(const NormRows<Value>& rows, const NormFactors& factors, Value* result);
/// Sets sum and product [channels] to those of g and g * (x - mean).
template <class Value>
void sum_gradient_moments(const NormRows<Value>& rows, const NormFactors& factors, double* sum, double* product);
/// Writes d x and, unless null, d residual = g.
template <class Value>
void spread_gradient(const NormRows<Value>& rows, const NormFactors& factors, const NormGradientFactors& gradient, Value* x, Value* residual);

}  // namespace seg::cpu
