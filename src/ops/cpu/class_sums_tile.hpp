// One tile of the class_sums kernel: kLanes output rows over the whole width of one image, vectorised across the rows.
//
// Across rows, because then both directions of the interpolation are plain multiply-adds of whole vectors: at one output
// column all rows mix the same two source columns with the same weights, forward and backward, without gathers.
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
  float* columns;              // scratch [in_width][K][kLanes]: the rows interpolated, the columns not yet
  float* scores;               // scratch [3][K][kLanes]: scores; where regions are summed, e^(score - best) and the sums of the probabilities
};

/// Where a tile adds: [K] each.
struct TileSums {
  double* cross_entropy;
  std::int64_t* pixels;
  std::int64_t* false_negatives;
  std::int64_t* predicted;
  double* probability;       // null where regions are not summed
  double* true_probability;  // likewise
};

/// d loss / d each of the sums, by class; 0 for a label that is none.
struct TileGradients {
  const float* cross_entropy;     // [256]
  const float* probability;       // [256], or null: no regions
  const float* true_probability;  // likewise
};

void forward_tile(const Tile& tile, const TileSums& sums);
/// Adds to rows_gradient [row_high[last] - row_low[0] + 1][in_width][K]; column_gradient is scratch like Tile::columns.
void backward_tile(const Tile& tile, const TileGradients& gradients, float* column_gradient, float* rows_gradient);
/// predicted: [out_width][kLanes].
void predict_tile(const Tile& tile, std::uint8_t* predicted);

}  // namespace seg::cpu
