// The kernels for CUDA as they are launched: raw pointers on the device and the stream they run in. None of them waits, allocates or reads back,
// so that all can be captured into a graph. Throws kInternal where the launch fails.
#pragma once

#include <cstdint>

#include "ops/cuda/feature_grid.hpp"
#include "ops/cuda/score_grid.hpp"
#include "ops/drop_hash.hpp"

struct CUstream_st;

namespace seg::cuda {

using Stream = CUstream_st*;  // cudaStream_t

/// Blocks of the forward kernel, each with partial sums of its own: not by the device, for the same bits on all.
inline constexpr std::int32_t kMostSumBlocks = 1024;
std::int32_t sum_blocks(std::int64_t pixels);

/// Where class_sums adds: [classes] each.
struct SumTables {
  double* cross_entropy;
  std::int64_t* pixels;
  std::int64_t* false_negatives;
  std::int64_t* predicted;
  double* probability = nullptr;       // null: no regions
  double* true_probability = nullptr;  // likewise
};

void fill_axis(const AxisTables& axis, bool align_corners, Stream stream);

/// `partial`: as `sums`, with sum_blocks(pixels) rows each. log_sums: [N,H,W], or null where there are neither backward nor regions. A label that is
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

/// What normalises three interleaved channels: value * scale + offset, in the order that is written.
struct ChannelScale {
  float scale[3];
  float offset[3];
  bool reversed;  // the first channel written is the last one read
};

/// Channel c of what is written for one pixel.
SEG_INLINE float normalized(const std::uint8_t* pixel, const ChannelScale& channels, int c) {
  return static_cast<float>(pixel[channels.reversed ? 2 - c : c]) * channels.scale[c] + channels.offset[c];
}

/// from: u8 [pixels,3]; into: [pixels,3].
template <class Value>
void normalize(const std::uint8_t* from, std::int64_t pixels, const ChannelScale& channels, Value* into, Stream stream);

/// Which elements of a batch a part of it has, and how they are dropped.
struct DropPlaces {
  const std::int64_t* drawn;  // [1]
  std::int64_t first;         // the place of the first in the batch
  std::int64_t count;
  Dropping dropping;
};

/// from, into: [count].
template <class Value>
void drop_out(const Value* from, const DropPlaces& places, Value* into, Stream stream);

/// from: [N,in,in,channels] of the grid; into: [N,out,out,channels].
template <class Value>
void resize(const FeatureGrid& grid, const Value* from, Value* into, Stream stream);
/// The other way: gradient of the output, gradient of the input.
template <class Value>
void resize_backward(const FeatureGrid& grid, const Value* gradient, Value* into, Stream stream);

}  // namespace seg::cuda
