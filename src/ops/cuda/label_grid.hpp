// What one thread of a GPU computes to count pairs of true and predicted labels, in C++ that g++ also compiles (see score_grid.hpp).
//
//   pairs      [K+1][K+2]: how often each class (row; K: an invalid label that is not ignored) was predicted as each (column; K: 255, none of the
//              classes; K+1: an invalid label)
//   boundary   [3][K]: |G_d|, |P_d| and |G_d and P_d| of each class (engine/evaluation/label_counting.hpp)
//
// A pixel is near a boundary unless all labels in the square of 2 d + 1 around it are the same, that is, the lowest equals the highest. These are
// found first along rows, then along columns.
#pragma once

#include <cstdint>

#include "ops/inline.hpp"

namespace seg::cuda {

/// Labels of one image, [height][width] each; 1 <= classes <= 255.
struct LabelGrid {
  const std::uint8_t* predicted;
  const std::uint8_t* truth;
  std::int32_t height, width, classes;

  SEG_INLINE std::int64_t pixels() const { return static_cast<std::int64_t>(height) * width; }
};

inline constexpr std::int32_t kIgnored = 255;

SEG_INLINE std::int32_t pair_cells(std::int32_t classes) { return (classes + 1) * (classes + 2); }
SEG_INLINE std::int32_t boundary_cells(std::int32_t classes) { return 3 * classes; }

/// Index in the pairs; -1 if the pixel is ignored.
SEG_INLINE std::int32_t pair_cell(const LabelGrid& grid, std::int64_t pixel) {
  const std::int32_t truth = grid.truth[pixel], found = grid.predicted[pixel], classes = grid.classes;
  if (truth == kIgnored) return -1;
  const std::int32_t row = truth < classes ? truth : classes;
  const std::int32_t column = found < classes ? found : (found == kIgnored ? classes : classes + 1);
  return row * (classes + 2) + column;
}

/// The lowest and the highest label of several pixels, of the ground truth and of the prediction, without ignored pixels. Aligned for a single read.
struct alignas(4) LabelRange {
  std::uint8_t truth_low, truth_high, found_low, found_high;

  SEG_INLINE void take(const LabelRange& other) {
    truth_low = other.truth_low < truth_low ? other.truth_low : truth_low;
    truth_high = other.truth_high > truth_high ? other.truth_high : truth_high;
    found_low = other.found_low < found_low ? other.found_low : found_low;
    found_high = other.found_high > found_high ? other.found_high : found_high;
  }
};

/// The predicted label; none of the classes is one more than the last, if a byte value is left for it.
SEG_INLINE std::uint8_t found_label(const LabelGrid& grid, std::int64_t pixel) {
  const std::uint8_t found = grid.predicted[pixel];
  return found == kIgnored && grid.classes < kIgnored ? static_cast<std::uint8_t>(grid.classes) : found;
}

SEG_INLINE LabelRange pixel_range(const LabelGrid& grid, std::int64_t pixel) {
  const std::uint8_t truth = grid.truth[pixel], found = found_label(grid, pixel);
  if (truth == kIgnored) return {kIgnored, 0, kIgnored, 0};
  return {truth, truth, found, found};
}

/// The range within d of the pixel in its row.
SEG_INLINE LabelRange row_range(const LabelGrid& grid, std::int64_t pixel, std::int32_t d) {
  const auto column = static_cast<std::int32_t>(pixel % grid.width);
  const std::int32_t first = column > d ? column - d : 0, last = column + d < grid.width ? column + d : grid.width - 1;
  LabelRange range{kIgnored, 0, kIgnored, 0};
  for (std::int32_t x = first; x <= last; ++x) range.take(pixel_range(grid, pixel - column + x));
  return range;
}

/// The contribution of one pixel to the boundary counts: its classes in |G_d|, |P_d| and both, -1 for none.
struct BoundaryPixel {
  std::int32_t truth, predicted, both;
};

/// ranges: row_range of each pixel.
SEG_INLINE BoundaryPixel boundary_pixel(const LabelGrid& grid, const LabelRange* ranges, std::int64_t pixel, std::int32_t d) {
  const std::int32_t truth = grid.truth[pixel], found = found_label(grid, pixel);
  if (truth >= grid.classes) return {-1, -1, -1};
  const auto column = static_cast<std::int32_t>(pixel % grid.width), row = static_cast<std::int32_t>(pixel / grid.width);
  bool truth_near = true, found_near = true;
  if (row >= d && row + d < grid.height && column >= d && column + d < grid.width) {  // otherwise the image's edge is near
    LabelRange range = ranges[pixel];
    for (std::int32_t y = row - d; y <= row + d; ++y) range.take(ranges[static_cast<std::int64_t>(y) * grid.width + column]);
    truth_near = range.truth_low != range.truth_high;
    found_near = range.found_low != range.found_high;
  }
  return {truth_near ? truth : -1, found_near && found < grid.classes ? found : -1, truth_near && found_near && truth == found ? truth : -1};
}

}  // namespace seg::cuda
