// The loops of 3x3 convolutions by minimal filtering F(4x4, 3x3) (Winograd 1980; Lavin and Gray, arXiv 1509.09308): an output tile of 4x4 needs 36
// products per channel instead of 144.
//
//   Y = A^T [ (G g G^T) o (B^T d B) ] A                d: 6x6 input pixels, g: 3x3 filter, Y: 4x4 outputs; o by element, summed over channels
//   dg = G^T [ (A dY A^T) o (B^T d B) ] G              its adjoint: the filters' gradient, summed over tiles
//
// Float32, channels-last; channels are a multiple of kPanel. Rounding errors are about ten times those of the direct sum.
#pragma once

#include <cstdint>

#include "ops/cpu/panel_product.hpp"

namespace seg::cpu {

inline constexpr std::int64_t kPoints = 36;        // of a transformed tile
inline constexpr std::int64_t kInputPixels = 36;   // 6x6
inline constexpr std::int64_t kOutputPixels = 16;  // 4x4
inline constexpr std::int64_t kTaps = 9;

/// The location of the values of the 36 points, at distances of `stride` floats.
struct TilePoints {
  float* first;
  std::int64_t stride;
};

/// B^T d B. pixels: [36] runs of `channels` values.
void transform_input(const float* const* pixels, std::int64_t channels, const TilePoints& points);
/// A dY A^T. pixels: [16] runs of `channels` values.
void transform_gradient(const float* const* pixels, std::int64_t channels, const TilePoints& points);
/// Applied to a sum before it is written.
struct AfterSum {
  const float* bias = nullptr;  // one value per channel, added; null: none
  bool relu = false;
};
/// Writes A^T m A, after `after`, to pixels, [16] runs of `channels` values; null for pixels outside of the output.
void transform_output(const TilePoints& points, std::int64_t channels, const AfterSum& after, float* const* pixels);
/// G g G^T of a panel: taps: [9] matrices [rows][kPanel], whose rows are tap_stride floats apart; points: [rows][kPanel] each.
void transform_filters(const float* const* taps, std::int64_t tap_stride, std::int64_t rows, const TilePoints& points);
/// Writes G^T u G to taps, [9] runs of `channels` values.
void transform_filter_gradient(const TilePoints& points, std::int64_t channels, float* const* taps);

}  // namespace seg::cpu
