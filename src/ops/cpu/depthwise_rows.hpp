// The loops of depthwise convolutions over one output row, channels-last: runs of `channels` values, each channel separate.
//
//   y[X] = sum over the row's taps ty and the column's taps tx of  x[ty's row][tx's column] weights[ty][tx]       then bias and ReLU, where there are
//   d weights[ty][tx] = sum over X of  d y[X] x[ty's row][tx's column]
//
// The gradient of x is the first formula with d y instead of x. Tables say what each tap reads, so these loops need not know stride, dilation and
// padding. Values are float32 or bfloat16 (its bits), weights and sums float32.
#pragma once

#include <array>
#include <cstdint>

namespace seg::cpu {

inline constexpr std::int64_t kMostTaps = 5;   // along an axis
inline constexpr std::int64_t kRunLength = 4;  // number of outputs that share each weight read

/// The reads of one output position along an axis: its taps whose source is inside the image, in the order of the sources.
struct AxisReads {
  std::int64_t taps = 0;
  std::array<std::int64_t, kMostTaps> tap{};
  std::array<std::int64_t, kMostTaps> source{};
};

/// `count` outputs of a row, 1 or kRunLength, at distances of `step`, with the same taps and with sources at distances of `source_step`.
struct ColumnRun {
  AxisReads reads;
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t step = 1;
  std::int64_t source_step = 1;
  bool sliding = false;  // the sources of one output also have distances of source_step, so that outputs share reads
};

/// The parameters that all rows share.
struct DepthwiseShape {
  std::int64_t channels;
  std::int64_t kernel;  // 3 or 5
  const ColumnRun* runs;
  std::int64_t run_count;
  const float* weights;  // [kernel][kernel][channels]
  const float* bias;     // [channels], or null for none
  float floor, ceiling;  // y is clamped to these: bounds of a ReLU, or infinite
};

/// image: x [h][w][channels], `row_length` values per row; y: [W][channels].
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
  const AxisReads* rows;  // one for each output row of the part
  std::int64_t row_count;
};

/// Sets sums [kernel][kernel][channels] to those of a part. gradient: its output rows [row_count][out_width][channels]; image: all of x.
template <class Value>
void depthwise_gradient(const GradientShape& shape, const Value* gradient, const Value* image, float* sums);

}  // namespace seg::cpu
