// One tile of the class_sums kernel: kLanes output rows over the whole width of one image, vectorised across the rows.
//
// Vectors span rows, because then both directions of the interpolation are plain multiply-adds of whole vectors: at one output
// column all rows interpolate the same two source columns with the same weights, forward and backward, without gathers.
#pragma once

#include <cstdint>

namespace seg::cpu {

inline constexpr int kLanes = 16;

struct Tile {
  const float* logits;  // [h][w][K], one image
  std::int64_t classes;
  std::int64_t in_width;
  std::int64_t out_width;
  const std::int32_t* column_low;  // [out_width], see BilinearAxis
  const std::int32_t* column_high;
  const float* column_weight;
  std::int32_t row_low[kLanes];  // lanes beyond the last row repeat it; their labels are 255
  std::int32_t row_high[kLanes];
  float row_weight[kLanes];
  const std::uint8_t* labels;  // [out_width][kLanes]
  float* columns;              // scratch [in_width][K][kLanes]: interpolated along rows, not yet along columns
  float* scores;               // scratch [3][K][kLanes]: scores; with regions, e^(score - best) and the sums of the probabilities
};

/// The sums to which a tile adds: [K] each.
struct TileSums {
  double* cross_entropy;
  std::int64_t* pixels;
  std::int64_t* false_negatives;
  std::int64_t* predicted;
  double* probability;       // null without regions
  double* true_probability;  // null without regions
};

/// d loss / d each of the sums, by class; 0 for labels that are not classes.
struct TileGradients {
  const float* cross_entropy;     // [256]
  const float* probability;       // [256], or null without regions
  const float* true_probability;  // [256], or null without regions
};

void forward_tile(const Tile& tile, const TileSums& sums);
/// Adds to rows_gradient [row_high[last] - row_low[0] + 1][in_width][K]; column_gradient is scratch like Tile::columns.
void backward_tile(const Tile& tile, const TileGradients& gradients, float* column_gradient, float* rows_gradient);
/// predicted: [out_width][kLanes].
void predict_tile(const Tile& tile, std::uint8_t* predicted);

}  // namespace seg::cpu
