// The loops of depthwise convolutions over one output row, channels-last: runs of `channels` values, each channel by itself.
//
//   y[X] = sum over the row's taps ty and the column's taps tx of  x[ty's row][tx's column] weights[ty][tx]       then bias and ReLU, where there are
//   d weights[ty][tx] = sum over X of  d y[X] x[ty's row][tx's column]
//
// The gradient of x is the first with d y in place of x: which tap reads what stands in tables, so that stride, dilation and padding do not occur
// here. Values are float32 or bfloat16 (its bits), weights and sums float32.
#pragma once

#include <array>
#include <cstdint>

namespace seg::cpu {

inline constexpr std::int64_t kMostTaps = 5;   // along an axis
inline constexpr std::int64_t kRunLength = 4;  // outputs that share each weight that is read

/// What one output position reads along an axis: its taps whose source is inside, in the order of the sources.
struct AxisReads {
  std::int64_t taps = 0;
  std::array<std::int64_t, kMostTaps> tap{};
  std::array<std::int64_t, kMostTaps> source{};
};

/// `count` outputs of a row, 1 or kRunLength, `step` apart, whose taps are those of the first and whose sources lie `source_step` apart.
struct ColumnRun {
  AxisReads reads;
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t step = 1;
  std::int64_t source_step = 1;
  bool sliding = false;  // the sources of one output, too, lie source_step apart: outputs share what they read
};

/// What all rows share.
struct DepthwiseShape {
  std::int64_t channels;
  std::int64_t kernel;  // 3 or 5
  const ColumnRun* runs;
  std::int64_t run_count;
  const float* weights;  // [kernel][kernel][channels]
  const float* bias;     // [channels], or null: nothing is added
  float floor, ceiling;  // y is kept between them: those of a ReLU, or infinite
};

/// image: x [h][w][channels], `row_length` values a row; y: [W][channels].
template <class Value>
void depthwise_row(const DepthwiseShape& shape, const AxisReads& rows, const Value* image, std::int64_t row_length, Value* y);

/// How the weights' gradient reads a part of an image: output X reads column X * stride + tx * dilation - before.
struct GradientShape {
  std::int64_t channels;
  std::int64_t kernel;
  std::int64_t in_width;
  std::int64_t out_width;
  std::int64_t stride;
  std::int64_t dilation;
  std::int64_t before;
  const AxisReads* rows;  // of each output row of the part
  std::int64_t row_count;
};

/// Sets sums [kernel][kernel][channels] to those of a part. gradient: its output rows [row_count][out_width][channels]; image: all of x.
template <class Value>
void depthwise_gradient(const GradientShape& shape, const Value* gradient, const Value* image, float* sums);

}  // namespace seg::cpu
