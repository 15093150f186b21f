// Launches of the kernels of batch norm; see kernels.hpp. Value: float, or std::uint16_t for the bits of bfloat16.
#pragma once

#include "ops/cuda/kernels.hpp"
#include "ops/cuda/norm_values.hpp"

namespace seg::cuda {

/// Number of rows of partial sums for the moments of this shape.
std::int32_t norm_blocks(const NormShape& shape);

/// partial: [norm_blocks,2,channels]; sums: [2,channels], sum(x) and sum(x^2).
template <class Value>
void norm_moments(const NormShape& shape, const Value* x, double* partial, double* sums, Stream stream);

struct RunningStatistics {
  float* mean;  // [channels]
  float* variance;
  float momentum;
  float eps;
};

/// Mean and inverse deviation of the batch from the sums over `count` values; updates the running statistics.
void norm_statistics(const double* sums, double count, std::int32_t channels, const RunningStatistics& running, float* mean, float* inverse_deviation,
                     Stream stream);

/// residual: may be null.
template <class Value>
void norm_forward(const NormShape& shape, const NormParameters& norm, const Value* x, const Value* residual, Value* y, Stream stream);

/// The inputs of backward.
template <class Value>
struct NormGradientInput {
  const Value* x;
  const Value* output;  // null without a residual
  const Value* gradient;
};

/// The outputs for two sums per channel: [2,channels] each.
struct NormTotals {
  double* sums;
  float* plain;   // the same in float32; may be null
  float* scaled;  // times `factor`; may be null
  double factor;
};

/// partial: [norm_blocks,2,channels]; totals: of g and of g d / deviation.
template <class Value>
void norm_gradient_moments(const NormShape& shape, const NormParameters& norm, const NormGradientInput<Value>& input, float* partial,
                           const NormTotals& totals, Stream stream);

/// residual_gradient: may be null.
template <class Value>
void norm_backward(const NormShape& shape, const NormParameters& norm, const NormMeans& means, const NormGradientInput<Value>& input,
                   Value* x_gradient, Value* residual_gradient, Stream stream);

}  // namespace seg::cuda
