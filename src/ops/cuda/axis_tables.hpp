// Bilinear interpolation along one axis as a GPU's threads look it up, from either side: what a pixel mixes, and which pixels mix a source position.
#pragma once

#include <cstdint>

#include "ops/bilinear_axis.hpp"

namespace seg::cuda {

/// Which source positions the pixels of one axis mix, as tables: filled by fill_axis_entry().
struct AxisTables {
  std::int32_t in;
  std::int32_t out;
  std::int32_t* low;    // [out]; the other one is the next, or the same where there is none
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

/// The other position that a pixel mixes.
SEG_INLINE std::int32_t next_within(std::int32_t low, std::int32_t in) { return low + 1 < in ? low + 1 : low; }

/// How much of source position j a pixel mixes.
SEG_INLINE float share_of(const AxisTables& axis, std::int32_t pixel, std::int32_t j) {
  const std::int32_t low = axis.low[pixel];
  const float weight = axis.weight[pixel];
  return (low == j ? 1.0f - weight : 0.0f) + (next_within(low, axis.in) == j ? weight : 0.0f);
}

/// The pixels that mix source position j: from first_pixel up to end_pixel, some of them with a share of 0.
SEG_INLINE std::int32_t first_pixel(const AxisTables& axis, std::int32_t j) { return axis.first[j > 0 ? j - 1 : 0]; }
SEG_INLINE std::int32_t end_pixel(const AxisTables& axis, std::int32_t j) { return axis.first[j + 1]; }

}  // namespace seg::cuda
