// The loops of upsampled_conv over one output row: nine low-resolution maps, up-sampled, shifted by their taps and summed; and back.
//
//   forward   columns[x][tx] = sum over ty of (1 - v) taps[low][x][ty][tx] + v taps[high][x][ty][tx]        vertical mix, low-resolution columns x
//             y[X] = addend[X] + sum over tx of (1 - u) columns[low][tx] + u columns[high][tx]              horizontal mix
//   backward  is its transpose
//
// All values are channels-last: runs of `channels` values. Products are float32 or bfloat16 (its bits), sums float32.
#pragma once

#include <cstdint>

namespace seg::cpu {

/// One axis' part of an output position: where its three taps read. A tap that falls into the padding has no source.
struct TapSource {
  std::int32_t low = -1;  // -1: padding
  std::int32_t high = -1;
  float weight = 0.0f;  // of `high`
};

/// What all rows share.
struct TapShape {
  std::int64_t channels;           // of y
  std::int64_t in_width;           // w
  std::int64_t out_width;          // W
  const TapSource* columns;        // [W][3]
  std::int64_t channel_begin = 0;  // backward: the channels it does
  std::int64_t channel_end = 0;
};

/// taps: [h][w][9][channels] of one image; rows: the sources of the three vertical taps of this output row; columns: scratch
/// [w][3][channels]; addend, y: [W][channels] of this row.
template <class Value>
void mix_tap_row(const TapShape& shape, const TapSource* rows, const Value* taps, const Value* addend, float* columns, Value* y);

/// Adds what the row's gradient [W][channels] says of the taps: into taps [h][w][9][block], block = channel_end - channel_begin;
/// columns: scratch [w][3][block].
template <class Value>
void spread_tap_row(const TapShape& shape, const TapSource* rows, const Value* gradient, float* columns, float* taps);

/// taps [positions][9][block] into result [positions][9][channels], at the block's channels.
template <class Value>
void store_taps(const TapShape& shape, std::int64_t positions, const float* taps, Value* result);

}  // namespace seg::cpu
