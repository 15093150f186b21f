// Each step is a short loop over the lanes, which the compiler vectorises; the steps are inlined into one function for each
// instruction set, selected at run time. Therefore this file includes no library header with inline code.
#include "ops/cpu/class_sums_tile.hpp"

#include "ops/cpu/exp_log.hpp"
#include "ops/cpu/isa.hpp"

namespace seg::cpu {
namespace {

constexpr std::uint8_t kIgnored = 255;

/// All lanes in one register. The compiler would keep an array of lanes in memory between iterations of a loop.
using LaneVector [[gnu::vector_size(kLanes * sizeof(float))]] = float;

/// Maximum number of source rows of a tile that are interpolated without gathers: enough for up-sampling by 2.5 and more.
constexpr int kMaxSources = 8;

/// The weight of each source row in each lane, for tiles with few source rows.
struct RowShares {
  std::int64_t first = 0;
  std::int64_t count = 0;
  float of[kMaxSources][kLanes];
};

SEG_INLINE bool few_sources(const Tile& tile) { return tile.row_high[kLanes - 1] - tile.row_low[0] < kMaxSources; }

SEG_INLINE void find_shares(const Tile& tile, RowShares& shares) {
  shares.first = tile.row_low[0];
  shares.count = tile.row_high[kLanes - 1] - tile.row_low[0] + 1;
  for (int r = 0; r < kMaxSources; ++r) {
    for (int l = 0; l < kLanes; ++l) {
      const bool low = tile.row_low[l] - tile.row_low[0] == r, high = tile.row_high[l] - tile.row_low[0] == r;
      shares.of[r][l] = (low ? 1.0f - tile.row_weight[l] : 0.0f) + (high ? tile.row_weight[l] : 0.0f);
    }
  }
}

/// Interpolates between rows: columns[j][lane] for every j = column * K + class.
SEG_INLINE void mix_few_rows(const Tile& tile) {
  const std::int64_t row = tile.in_width * tile.classes;
  RowShares shares;
  find_shares(tile, shares);
  const float* __restrict logits = tile.logits + shares.first * row;
  float* __restrict columns = tile.columns;
  for (std::int64_t j = 0; j < row; ++j) {
    float sum[kLanes] = {};
    for (std::int64_t r = 0; r < shares.count; ++r) {
      const float value = logits[r * row + j];
      // Not 0 * value, which would spread an infinity to rows that do not use it.
      for (int l = 0; l < kLanes; ++l) sum[l] = shares.of[r][l] != 0.0f ? sum[l] + shares.of[r][l] * value : sum[l];
    }
    for (int l = 0; l < kLanes; ++l) columns[j * kLanes + l] = sum[l];
  }
}

SEG_INLINE void mix_any_rows(const Tile& tile) {
  const std::int64_t row = tile.in_width * tile.classes;
  std::int64_t low[kLanes], high[kLanes];
  float keep[kLanes], weight[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    low[l] = tile.row_low[l] * row;
    high[l] = tile.row_high[l] * row;
    weight[l] = tile.row_weight[l];
    keep[l] = 1.0f - weight[l];
  }
  const float* __restrict logits = tile.logits;
  float* __restrict columns = tile.columns;
  for (std::int64_t j = 0; j < row; ++j) {
    for (int l = 0; l < kLanes; ++l) columns[j * kLanes + l] = keep[l] * logits[low[l] + j] + weight[l] * logits[high[l] + j];
  }
}

SEG_INLINE void mix_rows(const Tile& tile) {
  if (few_sources(tile)) {
    mix_few_rows(tile);
  } else {
    mix_any_rows(tile);
  }
}

/// The scores of output column x, and the largest in each lane.
SEG_INLINE void mix_columns(const Tile& tile, std::int64_t x, float* __restrict best) {
  const std::int64_t stride = tile.classes * kLanes;
  const float* __restrict low = tile.columns + tile.column_low[x] * stride;
  const float* __restrict high = tile.columns + tile.column_high[x] * stride;
  float* __restrict scores = tile.scores;
  const float weight = tile.column_weight[x];
  const float keep = 1.0f - weight;
  LaneVector largest{}, a, b;
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    __builtin_memcpy(&a, low + k * kLanes, sizeof a);
    __builtin_memcpy(&b, high + k * kLanes, sizeof b);
    const LaneVector score = keep * a + weight * b;
    __builtin_memcpy(scores + k * kLanes, &score, sizeof score);
    if (k == 0)
      largest = score;
    else
      largest = score > largest ? score : largest;
  }
  __builtin_memcpy(best, &largest, sizeof largest);
}

/// The lowest class with the largest score; K if there is none.
SEG_INLINE void find_best(const Tile& tile, const float* __restrict best, std::int32_t* __restrict found) {
  const float* __restrict scores = tile.scores;
  float first[kLanes];  // as floats, like the scores: the compiler then needs only one kind of vector
  for (int l = 0; l < kLanes; ++l) first[l] = static_cast<float>(tile.classes);
  for (std::int64_t k = tile.classes - 1; k >= 0; --k) {
    const float number = static_cast<float>(k);
    for (int l = 0; l < kLanes; ++l) first[l] = scores[k * kLanes + l] == best[l] ? number : first[l];
  }
  for (int l = 0; l < kLanes; ++l) found[l] = static_cast<std::int32_t>(first[l]);
}

/// Sets it to K if a score is NaN, because then the sum of the lane's exponentials is NaN, too.
SEG_INLINE void find_none_beside_nan(const Tile& tile, const float* sum, std::int32_t* found) {
  int nan = 0;
  for (int l = 0; l < kLanes; ++l) nan |= sum[l] != sum[l];
  if (nan == 0) return;
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    const float* score = tile.scores + k * kLanes;
    for (int l = 0; l < kLanes; ++l) found[l] = score[l] != score[l] ? static_cast<std::int32_t>(tile.classes) : found[l];
  }
}

SEG_INLINE bool all_ignored(const std::uint8_t* labels) {
  bool ignored = true;
  for (int l = 0; l < kLanes; ++l) ignored &= labels[l] == kIgnored;
  return ignored;
}

SEG_INLINE float* powers_of(const Tile& tile) { return tile.scores + tile.classes * kLanes; }
SEG_INLINE float* totals_of(const Tile& tile) { return tile.scores + 2 * tile.classes * kLanes; }

/// Adds the probabilities from the powers of a column and their sums.
SEG_INLINE void add_probabilities(const Tile& tile, const std::uint8_t* labels, const float* sum, const TileSums& sums) {
  const float* __restrict powers = powers_of(tile);
  float* __restrict totals = totals_of(tile);
  float share[kLanes];
  for (int l = 0; l < kLanes; ++l) share[l] = labels[l] == kIgnored ? 0.0f : 1.0f / sum[l];
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    // Not 0 * power, which is NaN if the score of an ignored pixel is NaN.
    for (int l = 0; l < kLanes; ++l) totals[k * kLanes + l] += share[l] != 0.0f ? share[l] * powers[k * kLanes + l] : 0.0f;
  }
  for (int l = 0; l < kLanes; ++l) {
    if (labels[l] != kIgnored) sums.true_probability[labels[l]] += static_cast<double>(share[l] * powers[labels[l] * kLanes + l]);
  }
}

template <bool kRegions>
SEG_INLINE void forward_columns(const Tile& tile, const TileSums& sums) {
  for (std::int64_t x = 0; x < tile.out_width; ++x) {
    const std::uint8_t* labels = tile.labels + x * kLanes;
    if (all_ignored(labels)) continue;
    float best[kLanes], sum[kLanes] = {};
    std::int32_t found[kLanes];
    mix_columns(tile, x, best);
    find_best(tile, best, found);
    const float* __restrict scores = tile.scores;
    [[maybe_unused]] float* __restrict powers = powers_of(tile);
    for (std::int64_t k = 0; k < tile.classes; ++k) {
      for (int l = 0; l < kLanes; ++l) {
        const float power = exp_negative(scores[k * kLanes + l] - best[l]);
        sum[l] += power;
        if constexpr (kRegions) powers[k * kLanes + l] = power;
      }
    }
    find_none_beside_nan(tile, sum, found);
    if constexpr (kRegions) add_probabilities(tile, labels, sum, sums);
    for (int l = 0; l < kLanes; ++l) sum[l] = log_positive(sum[l]);
    for (int l = 0; l < kLanes; ++l) {
      const std::uint8_t label = labels[l];
      if (label == kIgnored) continue;
      sums.cross_entropy[label] += static_cast<double>(sum[l] + (best[l] - tile.scores[label * kLanes + l]));
      sums.pixels[label] += 1;
      sums.false_negatives[label] += found[l] != label;
      if (found[l] < tile.classes) sums.predicted[found[l]] += 1;
    }
  }
}

/// forward_columns with the sums of regions, which are kept per lane until the end.
SEG_INLINE void forward_regions(const Tile& tile, const TileSums& sums) {
  float* totals = totals_of(tile);
  for (std::int64_t j = 0; j < tile.classes * kLanes; ++j) totals[j] = 0.0f;
  forward_columns<true>(tile, sums);
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    for (int l = 0; l < kLanes; ++l) sums.probability[k] += static_cast<double>(totals[k * kLanes + l]);
  }
}

SEG_INLINE void forward_body(const Tile& tile, const TileSums& sums) {
  mix_rows(tile);
  if (sums.probability == nullptr)
    forward_columns<false>(tile, sums);
  else
    forward_regions(tile, sums);
}

/// Turns the scores of a column into d loss / d score, for the labels' coefficients.
SEG_INLINE void softmax_gradient(const Tile& tile, const float* __restrict best, const std::uint8_t* labels, const float* class_gradient) {
  float* __restrict scores = tile.scores;
  float coefficient[kLanes], scale[kLanes], sum[kLanes] = {};
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    for (int l = 0; l < kLanes; ++l) {
      const float e = exp_negative(scores[k * kLanes + l] - best[l]);
      scores[k * kLanes + l] = e;
      sum[l] += e;
    }
  }
  for (int l = 0; l < kLanes; ++l) coefficient[l] = class_gradient[labels[l]];
  for (int l = 0; l < kLanes; ++l) scale[l] = coefficient[l] / sum[l];
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    for (int l = 0; l < kLanes; ++l) scores[k * kLanes + l] *= scale[l];
  }
  for (int l = 0; l < kLanes; ++l) {
    if (labels[l] != kIgnored) scores[labels[l] * kLanes + l] -= coefficient[l];
  }
}

/// The same with the gradients of regions: p_j (g_y - D + a_j + b_y [j = y]) - g_y [j = y], see ops/class_sums.hpp.
SEG_INLINE void region_gradient(const Tile& tile, const float* __restrict best, const std::uint8_t* labels, const TileGradients& gradients) {
  float* __restrict scores = tile.scores;
  float sum[kLanes] = {}, mixed[kLanes] = {};  // sums of e^(score - best), and of a_j times that
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    const float a = gradients.probability[k];
    for (int l = 0; l < kLanes; ++l) {
      const float power = exp_negative(scores[k * kLanes + l] - best[l]);
      scores[k * kLanes + l] = power;
      sum[l] += power;
      mixed[l] += a * power;
    }
  }
  float share[kLanes], common[kLanes], own[kLanes];
  for (int l = 0; l < kLanes; ++l) share[l] = labels[l] == kIgnored ? 0.0f : 1.0f / sum[l];
  for (int l = 0; l < kLanes; ++l) {
    const float of_label = labels[l] == kIgnored ? 0.0f : share[l] * scores[labels[l] * kLanes + l];
    own[l] = gradients.true_probability[labels[l]] * of_label;
    common[l] = gradients.cross_entropy[labels[l]] - (share[l] * mixed[l] + own[l]);
  }
  for (std::int64_t k = 0; k < tile.classes; ++k) {
    const float a = gradients.probability[k];
    for (int l = 0; l < kLanes; ++l) scores[k * kLanes + l] *= share[l] * (common[l] + a);
  }
  for (int l = 0; l < kLanes; ++l) {
    if (labels[l] != kIgnored) scores[labels[l] * kLanes + l] += own[l] - gradients.cross_entropy[labels[l]];
  }
}

/// sums[j] = the sum of the lanes of vectors[j]: neighbours are added until one value per vector is left. Overwrites `vectors`.
SEG_INLINE void sum_lanes(LaneVector* vectors) {
  static_assert(kLanes == 16);
#pragma GCC unroll 4
  for (int count = kLanes; count > 1; count /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < count / 2; ++i) {
      const LaneVector a = vectors[2 * i], b = vectors[2 * i + 1];
      vectors[i] = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
                   __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    }
  }
}

/// The transpose of mix_rows: adds lanes to source rows.
SEG_INLINE void spread_few_rows(const Tile& tile, const float* __restrict column_gradient, float* __restrict rows_gradient) {
  const std::int64_t row = tile.in_width * tile.classes;
  RowShares shares;
  find_shares(tile, shares);
  for (std::int64_t first = 0; first < row; first += kLanes) {
    const std::int64_t count = row - first < kLanes ? row - first : kLanes;
    LaneVector gradient[kLanes] = {};
    __builtin_memcpy(gradient, column_gradient + first * kLanes, static_cast<std::size_t>(count) * sizeof(LaneVector));
    for (std::int64_t r = 0; r < shares.count; ++r) {
      LaneVector share, products[kLanes];
      __builtin_memcpy(&share, shares.of[r], sizeof share);
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) products[j] = share * gradient[j];
      sum_lanes(products);
      for (std::int64_t j = 0; j < count; ++j) rows_gradient[r * row + first + j] += products[0][j];
    }
  }
}

SEG_INLINE void spread_any_rows(const Tile& tile, const float* __restrict column_gradient, float* __restrict rows_gradient) {
  const std::int64_t row = tile.in_width * tile.classes;
  for (int l = 0; l < kLanes; ++l) {
    float* low = rows_gradient + (tile.row_low[l] - tile.row_low[0]) * row;
    float* high = rows_gradient + (tile.row_high[l] - tile.row_low[0]) * row;
    const float weight = tile.row_weight[l];
    const float keep = 1.0f - weight;
    for (std::int64_t j = 0; j < row; ++j) low[j] += keep * column_gradient[j * kLanes + l];
    for (std::int64_t j = 0; j < row; ++j) high[j] += weight * column_gradient[j * kLanes + l];
  }
}

SEG_INLINE void spread_rows(const Tile& tile, const float* __restrict column_gradient, float* __restrict rows_gradient) {
  if (few_sources(tile)) {
    spread_few_rows(tile, column_gradient, rows_gradient);
  } else {
    spread_any_rows(tile, column_gradient, rows_gradient);
  }
}

template <bool kRegions>
SEG_INLINE void backward_columns(const Tile& tile, const TileGradients& gradients, float* column_gradient) {
  const std::int64_t stride = tile.classes * kLanes;
  for (std::int64_t x = 0; x < tile.out_width; ++x) {
    const std::uint8_t* labels = tile.labels + x * kLanes;
    if (all_ignored(labels)) continue;
    float best[kLanes];
    mix_columns(tile, x, best);
    if constexpr (kRegions)
      region_gradient(tile, best, labels, gradients);
    else
      softmax_gradient(tile, best, labels, gradients.cross_entropy);
    const float* __restrict gradient = tile.scores;
    float* __restrict low = column_gradient + tile.column_low[x] * stride;
    const float weight = tile.column_weight[x];
    const float keep = 1.0f - weight;
    for (std::int64_t j = 0; j < stride; ++j) low[j] += keep * gradient[j];
    // Not in one loop: at the right edge both are the same column.
    float* __restrict high = column_gradient + tile.column_high[x] * stride;
    for (std::int64_t j = 0; j < stride; ++j) high[j] += weight * gradient[j];
  }
}

SEG_INLINE void backward_body(const Tile& tile, const TileGradients& gradients, float* column_gradient, float* rows_gradient) {
  mix_rows(tile);
  for (std::int64_t j = 0; j < tile.in_width * tile.classes * kLanes; ++j) column_gradient[j] = 0.0f;
  if (gradients.probability == nullptr)
    backward_columns<false>(tile, gradients, column_gradient);
  else
    backward_columns<true>(tile, gradients, column_gradient);
  spread_rows(tile, column_gradient, rows_gradient);
}

SEG_INLINE void predict_body(const Tile& tile, std::uint8_t* predicted) {
  mix_rows(tile);
  for (std::int64_t x = 0; x < tile.out_width; ++x) {
    float best[kLanes];
    std::int32_t found[kLanes];
    mix_columns(tile, x, best);
    find_best(tile, best, found);
    for (int l = 0; l < kLanes; ++l) predicted[x * kLanes + l] = static_cast<std::uint8_t>(found[l] < tile.classes ? found[l] : 0);
  }
}

/// The three entries, compiled for one instruction set.
struct Entries {
  void (*forward)(const Tile&, const TileSums&);
  void (*backward)(const Tile&, const TileGradients&, float*, float*);
  void (*predict)(const Tile&, std::uint8_t*);
};

#define SEG_ENTRIES(name, ...)                                                                                               \
  __VA_ARGS__ void forward_##name(const Tile& t, const TileSums& s) { forward_body(t, s); }                                  \
  __VA_ARGS__ void backward_##name(const Tile& t, const TileGradients& d, float* g, float* r) { backward_body(t, d, g, r); } \
  __VA_ARGS__ void predict_##name(const Tile& t, std::uint8_t* p) { predict_body(t, p); }                                    \
  constexpr Entries k_##name = {forward_##name, backward_##name, predict_##name};

SEG_ENTRIES(any)
SEG_ENTRIES(avx2, SEG_TARGET_AVX2)
SEG_ENTRIES(avx512, SEG_TARGET_AVX512)

const Entries& entries() {
  static const Entries& chosen = choose(k_any, k_avx2, k_avx512);
  return chosen;
}

}  // namespace

void forward_tile(const Tile& tile, const TileSums& sums) { entries().forward(tile, sums); }

void backward_tile(const Tile& tile, const TileGradients& gradients, float* column_gradient, float* rows_gradient) {
  entries().backward(tile, gradients, column_gradient, rows_gradient);
}

void predict_tile(const Tile& tile, std::uint8_t* predicted) { entries().predict(tile, predicted); }

}  // namespace seg::cpu
