// Launches of the CUDA kernels: raw pointers on the device and the stream in which they run. None of them waits, allocates or reads back, so that
// all can be captured into a graph. They throw kInternal if the launch fails.
#pragma once

#include <cstdint>

#include "ops/cuda/feature_grid.hpp"
#include "ops/cuda/score_grid.hpp"
#include "ops/drop_hash.hpp"

struct CUstream_st;

namespace seg::cuda {

using Stream = CUstream_st*;  // cudaStream_t

/// Blocks of the forward kernel, each with its own partial sums. Their number does not depend on the device, so that all devices give the same bits.
inline constexpr std::int32_t kMostSumBlocks = 1024;
std::int32_t sum_blocks(std::int64_t pixels);

/// The sums to which class_sums adds: [classes] each.
struct SumTables {
  double* cross_entropy;
  std::int64_t* pixels;
  std::int64_t* false_negatives;
  std::int64_t* predicted;
  double* probability = nullptr;       // null without regions
  double* true_probability = nullptr;  // null without regions
};

void fill_axis(const AxisTables& axis, bool align_corners, Stream stream);

/// `partial`: as `sums`, with sum_blocks(pixels) rows each. log_sums: [N,H,W], or null if there are neither backward nor regions. A label that is
/// neither a class nor 255 makes the first cross entropy NaN.
template <class Value>
void class_sums_forward(const ScoreGrid<Value>& grid, const std::uint8_t* labels, float* log_sums, const SumTables& partial, const SumTables& sums,
                        Stream stream);
/// gradient: [N,h,w,classes].
template <class Value>
void class_sums_backward(const ScoreGrid<Value>& grid, const PixelGradients& pixels, Value* gradient, Stream stream);
/// labels: [N,H,W].
template <class Value>
void predict_labels(const ScoreGrid<Value>& grid, std::uint8_t* labels, Stream stream);

/// Normalises three interleaved channels: value * scale + offset, in the order of the output.
struct ChannelScale {
  float scale[3];
  float offset[3];
  bool reversed;  // the first output channel is the last input channel
};

/// Output channel c of one pixel.
SEG_INLINE float normalized(const std::uint8_t* pixel, const ChannelScale& channels, int c) {
  return static_cast<float>(pixel[channels.reversed ? 2 - c : c]) * channels.scale[c] + channels.offset[c];
}

/// from: u8 [pixels,3]; into: [pixels,3].
template <class Value>
void normalize(const std::uint8_t* from, std::int64_t pixels, const ChannelScale& channels, Value* into, Stream stream);

/// The elements of a part of a batch, and how they are dropped.
struct DropPlaces {
  const std::int64_t* drawn;  // [1]
  std::int64_t first;         // position of the first element in the batch
  std::int64_t count;
  Dropping dropping;
};

/// from, into: [count].
template <class Value>
void drop_out(const Value* from, const DropPlaces& places, Value* into, Stream stream);

/// from: [N,in,in,channels] of the grid; into: [N,out,out,channels].
template <class Value>
void resize(const FeatureGrid& grid, const Value* from, Value* into, Stream stream);
/// Backward: from the gradient of the output to the gradient of the input.
template <class Value>
void resize_backward(const FeatureGrid& grid, const Value* gradient, Value* into, Stream stream);

}  // namespace seg::cuda
