// Lookup tables of bilinear interpolation along one axis, in both directions: the source positions of a pixel, and the pixels of a source position.
#pragma once

#include <cstdint>

#include "ops/bilinear_axis.hpp"

namespace seg::cuda {

/// The source positions of the pixels of one axis, as tables filled by fill_axis_entry().
struct AxisTables {
  std::int32_t in;
  std::int32_t out;
  std::int32_t* low;    // [out]; the other position is the next, or the same at the end
  float* weight;        // [out], of the other one
  std::int32_t* first;  // [in + 1]: the first pixel whose low is at least j, or out
};

/// Entry i of each table, 0 <= i < max(out, in + 1).
SEG_INLINE void fill_axis_entry(const AxisTables& axis, bool align_corners, std::int32_t i) {
  if (i < axis.out) {
    const auto at = bilinear_position(axis.in, axis.out, align_corners, i);
    axis.low[i] = at.low;
    axis.weight[i] = at.weight;
  }
  if (i > axis.in) return;
  std::int32_t begin = 0, end = axis.out;
  while (begin < end) {
    const std::int32_t middle = begin + (end - begin) / 2;
    if (bilinear_position(axis.in, axis.out, align_corners, middle).low < i)
      begin = middle + 1;
    else
      end = middle;
  }
  axis.first[i] = begin;
}

/// The second source position of a pixel.
SEG_INLINE std::int32_t next_within(std::int32_t low, std::int32_t in) { return low + 1 < in ? low + 1 : low; }

/// The weight of source position j in a pixel.
SEG_INLINE float share_of(const AxisTables& axis, std::int32_t pixel, std::int32_t j) {
  const std::int32_t low = axis.low[pixel];
  const float weight = axis.weight[pixel];
  return (low == j ? 1.0f - weight : 0.0f) + (next_within(low, axis.in) == j ? weight : 0.0f);
}

/// The pixels that use source position j: from first_pixel up to end_pixel, some of them with weight 0.
SEG_INLINE std::int32_t first_pixel(const AxisTables& axis, std::int32_t j) { return axis.first[j > 0 ? j - 1 : 0]; }
SEG_INLINE std::int32_t end_pixel(const AxisTables& axis, std::int32_t j) { return axis.first[j + 1]; }

}  // namespace seg::cuda
