// What one thread of a GPU computes for class_sums and predict_labels, in C++ that g++ also compiles: the tests run the same code on the CPU.
//
//   a pixel of the labels   z_k = sum over its 4 source positions of weight x logit_k; found = arg-max z, log_sum = log sum_k exp z_k,
//                           entropy = log_sum - z_label
//   a logit of class k      d loss / d logit = sum over the pixels that use it of weight x g_label x (p_k - [k = label]), p_k = exp(z_k - log_sum)
//
// and with regions, as in ops/class_sums.hpp,
//
//   a pixel of the labels   its contribution to A and B: p_k, and p_label; before backward D = sum_k a_k p_k + b_label p_label
//   a logit of class k      in addition to the above, the sum of weight x p_k (a_k + b_k [k = label] - D)
//
// Each logit gathers from its pixels; pixels do not scatter to logits. Nothing is added atomically, so results are bit-identical in every run. The
// softmax is not recomputed: backward gets it from the 4 bytes of log_sum that forward stores per pixel.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/bfloat16.hpp"
#include "ops/cuda/axis_tables.hpp"

namespace seg::cuda {

/// Low-resolution logits and the two interpolation axes. Value: float, or std::uint16_t for the bits of bfloat16.
template <class Value>
struct ScoreGrid {
  const Value* logits;  // strides below, in values
  std::int64_t image_stride, class_stride, row_stride, column_stride;
  std::int32_t images, classes;
  AxisTables rows, columns;

  SEG_INLINE std::int64_t pixels() const { return static_cast<std::int64_t>(images) * rows.out * columns.out; }
  SEG_INLINE std::int64_t at(std::int32_t image, std::int32_t row, std::int32_t column) const {
    return image * image_stride + row * row_stride + column * column_stride;
  }
};

/// Error of 2 units in the last place on a GPU.
SEG_INLINE float exp_of(float x) {
#if defined(__CUDA_ARCH__)
  return __expf(x);
#else
  return std::exp(x);
#endif
}

/// The scores of one pixel; rows are interpolated first, as on the CPU.
template <class Value>
class PixelScores {
 public:
  /// pixel: its index in [N,H,W].
  SEG_INLINE PixelScores(const ScoreGrid<Value>& grid, std::int64_t pixel) : grid_(grid) {
    const auto column = static_cast<std::int32_t>(pixel % grid.columns.out);
    const std::int64_t line = pixel / grid.columns.out;
    const auto row = static_cast<std::int32_t>(line % grid.rows.out), image = static_cast<std::int32_t>(line / grid.rows.out);
    const std::int32_t top = grid.rows.low[row], bottom = next_within(top, grid.rows.in);
    const std::int32_t left = grid.columns.low[column], right = next_within(left, grid.columns.in);
    row_weight_ = grid.rows.weight[row];
    column_weight_ = grid.columns.weight[column];
    top_left_ = grid.at(image, top, left), top_right_ = grid.at(image, top, right);
    bottom_left_ = grid.at(image, bottom, left), bottom_right_ = grid.at(image, bottom, right);
  }

  SEG_INLINE float operator()(std::int32_t k) const {
    const Value* logits = grid_.logits + k * grid_.class_stride;
    const float left = (1.0f - row_weight_) * load(logits[top_left_]) + row_weight_ * load(logits[bottom_left_]);
    const float right = (1.0f - row_weight_) * load(logits[top_right_]) + row_weight_ * load(logits[bottom_right_]);
    return (1.0f - column_weight_) * left + column_weight_ * right;
  }

 private:
  const ScoreGrid<Value>& grid_;
  std::int64_t top_left_, top_right_, bottom_left_, bottom_right_;
  float row_weight_, column_weight_;
};

struct PixelSoftmax {
  float log_sum;
  float entropy;
  std::int32_t found;  // the lowest class with the largest score; the number of classes if a score is NaN
};

/// One pass over the classes: the sum is rescaled when a larger score comes. 0 <= label < classes.
template <class Value>
SEG_INLINE PixelSoftmax pixel_softmax(const ScoreGrid<Value>& grid, std::int64_t pixel, std::int32_t label) {
  const PixelScores<Value> score_of(grid, pixel);
  float best = score_of(0), sum = 1.0f, of_label = best;
  std::int32_t found = 0;
  for (std::int32_t k = 1; k < grid.classes; ++k) {
    const float score = score_of(k);
    const float ratio = score == best ? 1.0f : exp_of(score > best ? best - score : score - best);
    const bool more = score > best;
    sum = more ? sum * ratio + 1.0f : sum + ratio;
    best = more ? score : best;
    found = more ? k : found;
    of_label = k == label ? score : of_label;
  }
  const float log_of_sum = std::log(sum);
  return {best + log_of_sum, log_of_sum + (best - of_label), sum == sum && best == best ? found : grid.classes};
}

/// The lowest class with the largest score; 0 if the first score is NaN.
template <class Value>
SEG_INLINE std::int32_t best_class(const ScoreGrid<Value>& grid, std::int64_t pixel) {
  const PixelScores<Value> score_of(grid, pixel);
  float best = score_of(0);
  std::int32_t found = 0;
  for (std::int32_t k = 1; k < grid.classes; ++k) {
    const float score = score_of(k);
    found = score > best ? k : found;
    best = score > best ? score : best;
  }
  return found;
}

/// The contribution of the pixels of one thread to A and B of kGroup neighbouring classes.
template <int kGroup>
struct GroupSums {
  float probability[kGroup] = {};
  float true_probability[kGroup] = {};
};

/// 0 <= label < classes; sums for classes beyond the last are meaningless.
template <int kGroup, class Value>
SEG_INLINE void add_probabilities(const ScoreGrid<Value>& grid, std::int64_t pixel, std::int32_t label, float log_sum, std::int32_t first_class,
                                  GroupSums<kGroup>& sums) {
  const PixelScores<Value> score_of(grid, pixel);
  for (int g = 0; g < kGroup; ++g) {
    const std::int32_t k = first_class + g;
    const float probability = exp_of(score_of(k < grid.classes ? k : grid.classes - 1) - log_sum);
    sums.probability[g] += probability;
    sums.true_probability[g] += k == label ? probability : 0.0f;
  }
}

/// The values that forward stores for backward, and the incoming gradients.
struct PixelGradients {
  const std::uint8_t* labels;               // [N,H,W]
  const float* log_sums;                    // [N,H,W], of valid pixels
  const float* class_gradient;              // [classes]: d loss / d S_c
  const float* probability = nullptr;       // [classes]: d loss / d A_c; null without regions
  const float* true_probability = nullptr;  // [classes]: d loss / d B_c; null without regions
  float* mixed = nullptr;                   // [N,H,W]: D of valid pixels, which backward writes and then reads; null without regions
};

/// D of a pixel with this label, 0 <= label < classes.
template <class Value>
SEG_INLINE float mixed_gradient(const ScoreGrid<Value>& grid, const PixelGradients& pixels, std::int64_t pixel, std::int32_t label) {
  const PixelScores<Value> score_of(grid, pixel);
  const float log_sum = pixels.log_sums[pixel];
  float sum = 0.0f;
  for (std::int32_t k = 0; k < grid.classes; ++k)
    sum += (pixels.probability[k] + (k == label ? pixels.true_probability[k] : 0.0f)) * exp_of(score_of(k) - log_sum);
  return sum;
}

/// A position of the logits, and the first class of a thread at that position.
struct SourcePlace {
  std::int32_t image, row, column, first_class;
};

/// d loss / d logit of kGroup neighbouring classes, which share the reads of pixels; classes beyond the last are not written.
template <int kGroup, bool kRegions = false, class Value>
SEG_INLINE void logit_gradients(const ScoreGrid<Value>& grid, const PixelGradients& pixels, const SourcePlace& place, float (&gradient)[kGroup]) {
  const AxisTables &rows = grid.rows, &columns = grid.columns;
  const std::int32_t i = place.row, j = place.column;
  float around[3][3][kGroup];  // the logits that these pixels use
  for (int r = 0; r < 3; ++r) {
    const std::int32_t row = i + r - 1 < 0 ? 0 : (i + r - 1 < rows.in ? i + r - 1 : rows.in - 1);
    for (int c = 0; c < 3; ++c) {
      const std::int32_t column = j + c - 1 < 0 ? 0 : (j + c - 1 < columns.in ? j + c - 1 : columns.in - 1);
      for (int g = 0; g < kGroup; ++g) {
        const std::int32_t k = place.first_class + g < grid.classes ? place.first_class + g : grid.classes - 1;
        around[r][c][g] = load(grid.logits[grid.at(place.image, row, column) + k * grid.class_stride]);
      }
    }
  }
  float of_region[kGroup] = {};
  for (int g = 0; g < kGroup; ++g) {
    gradient[g] = 0.0f;
    if (kRegions && place.first_class + g < grid.classes) of_region[g] = pixels.probability[place.first_class + g];
  }
  for (std::int32_t y = first_pixel(rows, i); y < end_pixel(rows, i); ++y) {
    const float row_share = share_of(rows, y, i);
    if (row_share == 0.0f) continue;
    const bool above = rows.low[y] < i;
    const float row_weight = rows.weight[y];
    float mixed[3][kGroup];
    for (int c = 0; c < 3; ++c) {
      for (int g = 0; g < kGroup; ++g)
        mixed[c][g] = (1.0f - row_weight) * (above ? around[0][c][g] : around[1][c][g]) + row_weight * (above ? around[1][c][g] : around[2][c][g]);
    }
    const std::int64_t line = (static_cast<std::int64_t>(place.image) * rows.out + y) * columns.out;
    for (std::int32_t x = first_pixel(columns, j); x < end_pixel(columns, j); ++x) {
      const std::int32_t label = pixels.labels[line + x];
      if (label >= grid.classes) continue;
      const float share = row_share * share_of(columns, x, j), coefficient = share * pixels.class_gradient[label];
      if (kRegions ? share == 0.0f : coefficient == 0.0f) continue;
      const bool left = columns.low[x] < j;
      const float column_weight = columns.weight[x], log_sum = pixels.log_sums[line + x];
      for (int g = 0; g < kGroup; ++g) {
        const std::int32_t k = place.first_class + g;
        const float score = (1.0f - column_weight) * (left ? mixed[0][g] : mixed[1][g]) + column_weight * (left ? mixed[1][g] : mixed[2][g]);
        const float probability = exp_of(score - log_sum);
        gradient[g] += coefficient * (probability - (k == label ? 1.0f : 0.0f));
        if constexpr (kRegions)
          gradient[g] += share * probability * (of_region[g] + (k == label ? pixels.true_probability[label] : 0.0f) - pixels.mixed[line + x]);
      }
    }
  }
}

}  // namespace seg::cuda
