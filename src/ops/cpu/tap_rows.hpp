// The loops of upsampled_conv over one output row: nine low-resolution maps, up-sampled, shifted by their taps and summed; and the backward pass.
//
//   forward   columns[x][tx] = sum over ty of (1 - v) taps[low][x][ty][tx] + v taps[high][x][ty][tx]        vertical mix, low-resolution columns x
//             y[X] = addend[X] + sum over tx of (1 - u) columns[low][tx] + u columns[high][tx]              horizontal mix
//   backward  is its transpose
//
// All values are channels-last: runs of `channels` values. Products are float32 or bfloat16 (its bits), sums float32.
#pragma once

#include <cstdint>

namespace seg::cpu {

/// The source of a tap of an output position along one axis. A tap in the padding has no source.
struct TapSource {
  std::int32_t low = -1;  // -1: padding
  std::int32_t high = -1;
  float weight = 0.0f;  // of `high`
};

/// The parameters that all rows share.
struct TapShape {
  std::int64_t channels;           // of y
  std::int64_t in_width;           // w
  std::int64_t out_width;          // W
  const TapSource* columns;        // [W][3]
  std::int64_t channel_begin = 0;  // backward: its channels
  std::int64_t channel_end = 0;
};

/// taps: [h][w][9][channels] of one image; rows: the sources of the three vertical taps of this output row; columns: scratch
/// [w][3][channels]; addend, y: [W][channels] of this row.
template <class Value>
void mix_tap_row(const TapShape& shape, const TapSource* rows, const Value* taps, const Value* addend, float* columns, Value* y);

/// Adds the gradient of the taps from the row's gradient [W][channels] to taps [h][w][9][block], block = channel_end - channel_begin;
/// columns: scratch [w][3][block].
template <class Value>
void spread_tap_row(const TapShape& shape, const TapSource* rows, const Value* gradient, float* columns, float* taps);

/// Copies taps [positions][9][block] to result [positions][9][channels], at the channels of the block.
template <class Value>
void store_taps(const TapShape& shape, std::int64_t positions, const float* taps, Value* result);

}  // namespace seg::cpu
