// Batch norm with the residual and the ReLU after it, one value at a time; batch_norm.hpp has the equations.
//
//   z = scale (x - mean) + bias + residual, y = relu(z)               scale = weight / deviation
//   g the gradient of z, d = x - mean:                d bias = sum(g), d weight = sum(g d) / deviation,
//   d x = scale (g - mean(g) - d mean(g d) / deviation^2)             the two means only in training
#pragma once

#include <cstdint>

#include "ops/bfloat16.hpp"

namespace seg::cuda {

/// Channels-last features: [rows,channels].
struct NormShape {
  std::int64_t rows;
  std::int32_t channels;

  SEG_INLINE std::int64_t values() const { return rows * channels; }
};

/// float32 [channels] each.
struct NormParameters {
  const float* mean;
  const float* inverse_deviation;
  const float* weight;
  const float* bias;
  bool relu;
};

SEG_INLINE float norm_score(const NormParameters& norm, float x, std::int32_t c) {
  return norm.weight[c] * norm.inverse_deviation[c] * (x - norm.mean[c]) + norm.bias[c];
}

/// NaN stays NaN.
SEG_INLINE float normed_value(const NormParameters& norm, float x, float residual, std::int32_t c) {
  const float z = norm_score(norm, x, c) + residual;
  return norm.relu && z < 0.0f ? 0.0f : z;
}

/// The gradient of z. positive: y if a residual was added, else z; only its sign matters.
SEG_INLINE float gradient_behind(const NormParameters& norm, float gradient, float positive) {
  return norm.relu && !(positive > 0.0f) ? 0.0f : gradient;
}

/// sum(g) and sum(g d) / deviation of each channel, over all ranks, divided by their number of values; 0 in evaluation.
struct NormMeans {
  const float* gradient;
  const float* product;
};

SEG_INLINE float norm_gradient(const NormParameters& norm, const NormMeans& means, float x, float behind, std::int32_t c) {
  const float standard = (x - norm.mean[c]) * norm.inverse_deviation[c];
  return norm.weight[c] * norm.inverse_deviation[c] * (behind - means.gradient[c] - standard * means.product[c]);
}

/// Mean and sum of squared deviations of a thread's values of a channel, in float32 (Welford, Technometrics 1962), relative to the first value.
struct ThreadMoments {
  float first, mean, square;

  /// share: 1 / the number of values, including this one.
  SEG_INLINE void add(float x, float share) {
    first = share == 1.0f ? x : first;
    const float d = x - first, step = d - mean;
    mean += step * share;
    square += step * (d - mean);
  }
};

/// Sums relative to 0, in double, so that those of threads and ranks can be added. The rounding error is about (mean / deviation)^2 of 2^-53, less
/// than that of the features.
struct ChannelSums {
  double sum, square;
};

SEG_INLINE ChannelSums channel_sums(const ThreadMoments& values, int count) {
  const double mean = static_cast<double>(values.first) + static_cast<double>(values.mean);
  return {count * mean, static_cast<double>(values.square) + count * mean * mean};
}

/// The moments of `count` values.
struct ChannelMoments {
  float mean;
  float variance;
};

SEG_INLINE ChannelMoments channel_moments(const ChannelSums& sums, double count) {
  const double mean = sums.sum / count, variance = sums.square / count - mean * mean;
  return {static_cast<float>(mean), static_cast<float>(variance > 0.0 ? variance : 0.0)};
}

}  // namespace seg::cuda
