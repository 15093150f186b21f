// Batch norm with what follows it, one value at a time; the equations stand in batch_norm.hpp.
//
//   z = scale (x - mean) + bias + residual, y = relu(z)               scale = weight / deviation
//   g the gradient behind the ReLU, d = x - mean:                d bias = sum(g), d weight = sum(g d) / deviation,
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

/// Not a number stays what it is.
SEG_INLINE float normed_value(const NormParameters& norm, float x, float residual, std::int32_t c) {
  const float z = norm_score(norm, x, c) + residual;
  return norm.relu && z < 0.0f ? 0.0f : z;
}

/// The gradient behind the ReLU. positive: y where a residual was added, else z: only its sign counts.
SEG_INLINE float gradient_behind(const NormParameters& norm, float gradient, float positive) {
  return norm.relu && !(positive > 0.0f) ? 0.0f : gradient;
}

/// sum(g) and sum(g d) / deviation of each channel, over all ranks, times 1 / their number of values; 0 in evaluation.
struct NormMeans {
  const float* gradient;
  const float* product;
};

SEG_INLINE float norm_gradient(const NormParameters& norm, const NormMeans& means, float x, float behind, std::int32_t c) {
  const float standard = (x - norm.mean[c]) * norm.inverse_deviation[c];
  return norm.weight[c] * norm.inverse_deviation[c] * (behind - means.gradient[c] - standard * means.product[c]);
}

/// Mean and sum of squared deviations of the values that a thread sees of a channel, in float32 (Welford, Technometrics 1962), about the first.
struct ThreadMoments {
  float first, mean, square;

  /// share: 1 / the number of values, this one included.
  SEG_INLINE void add(float x, float share) {
    first = share == 1.0f ? x : first;
    const float d = x - first, step = d - mean;
    mean += step * share;
    square += step * (d - mean);
  }
};

/// About 0 and in double, in which those of threads and ranks can be added: that costs about (mean / deviation)^2 of 2^-53, less than the features'
/// own rounding.
struct ChannelSums {
  double sum, square;
};

SEG_INLINE ChannelSums channel_sums(const ThreadMoments& values, int count) {
  const double mean = static_cast<double>(values.first) + static_cast<double>(values.mean);
  return {count * mean, static_cast<double>(values.square) + count * mean * mean};
}

/// Of `count` values.
struct ChannelMoments {
  float mean;
  float variance;
};

SEG_INLINE ChannelMoments channel_moments(const ChannelSums& sums, double count) {
  const double mean = sums.sum / count, variance = sums.square / count - mean * mean;
  return {static_cast<float>(mean), static_cast<float>(variance > 0.0 ? variance : 0.0)};
}

}  // namespace seg::cuda
