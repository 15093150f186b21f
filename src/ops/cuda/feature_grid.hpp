// Bilinear resizing of channels-last features, one value per thread; backward gathers, so that results are bit-identical in every run.
#pragma once

#include <cstdint>

#include "ops/bfloat16.hpp"
#include "ops/cuda/axis_tables.hpp"

namespace seg::cuda {

/// Dense [N,in,in,channels] and [N,out,out,channels] on the two axes. Value: float, or std::uint16_t for the bits of bfloat16.
struct FeatureGrid {
  std::int32_t images, channels;
  AxisTables rows, columns;

  SEG_INLINE std::int64_t inputs() const { return static_cast<std::int64_t>(images) * rows.in * columns.in * channels; }
  SEG_INLINE std::int64_t outputs() const { return static_cast<std::int64_t>(images) * rows.out * columns.out * channels; }
};

/// Value number `index` of the output.
template <class Value>
SEG_INLINE float resized_value(const FeatureGrid& grid, const Value* from, std::int64_t index) {
  const std::int64_t channel = index % grid.channels, position = index / grid.channels, line = position / grid.columns.out;
  const auto x = static_cast<std::int32_t>(position % grid.columns.out), y = static_cast<std::int32_t>(line % grid.rows.out);
  const std::int32_t top = grid.rows.low[y], bottom = next_within(top, grid.rows.in);
  const std::int32_t left = grid.columns.low[x], right = next_within(left, grid.columns.in);
  const std::int64_t image = line / grid.rows.out * grid.rows.in;
  const auto at = [&](std::int32_t row, std::int32_t column) {
    return load(from[((image + row) * grid.columns.in + column) * grid.channels + channel]);
  };
  const float down = grid.rows.weight[y], across = grid.columns.weight[x];
  const float first = (1.0f - down) * at(top, left) + down * at(bottom, left);
  const float second = (1.0f - down) * at(top, right) + down * at(bottom, right);
  return (1.0f - across) * first + across * second;
}

/// d loss / d value number `index` of the input.
template <class Value>
SEG_INLINE float resized_gradient(const FeatureGrid& grid, const Value* gradient, std::int64_t index) {
  const std::int64_t channel = index % grid.channels, position = index / grid.channels, line = position / grid.columns.in;
  const auto j = static_cast<std::int32_t>(position % grid.columns.in), i = static_cast<std::int32_t>(line % grid.rows.in);
  const std::int64_t image = line / grid.rows.in * grid.rows.out;
  float sum = 0.0f;
  for (std::int32_t y = first_pixel(grid.rows, i); y < end_pixel(grid.rows, i); ++y) {
    const float row_share = share_of(grid.rows, y, i);
    if (row_share == 0.0f) continue;
    const Value* row = gradient + (image + y) * grid.columns.out * grid.channels + channel;
    float along = 0.0f;
    for (std::int32_t x = first_pixel(grid.columns, j); x < end_pixel(grid.columns, j); ++x)
      along += share_of(grid.columns, x, j) * load(row[static_cast<std::int64_t>(x) * grid.channels]);
    sum += row_share * along;
  }
  return sum;
}

}  // namespace seg::cuda
