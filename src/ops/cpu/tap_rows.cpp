#include "ops/cpu/tap_rows.hpp"

#include "ops/bfloat16.hpp"
#include "ops/cpu/isa.hpp"

namespace seg::cpu {
namespace {

constexpr std::int64_t kTaps = 9;
constexpr std::int64_t kSide = 3;

/// columns[x][tx][c], combined from the three vertical taps.
template <class Value>
SEG_INLINE void mix_vertically(const TapShape& shape, const TapSource* rows, const Value* taps, float* __restrict columns) {
  const std::int64_t run = kSide * shape.channels;  // the taps of one ty are adjacent
  const std::int64_t row = shape.in_width * kTaps * shape.channels;
  for (std::int64_t i = 0; i < shape.in_width * run; ++i) columns[i] = 0.0f;
  for (std::int64_t ty = 0; ty < kSide; ++ty) {
    if (rows[ty].low < 0) continue;
    const float weight = rows[ty].weight, keep = 1.0f - weight;
    for (std::int64_t x = 0; x < shape.in_width; ++x) {
      const Value* low = taps + rows[ty].low * row + (x * kTaps + ty * kSide) * shape.channels;
      const Value* high = taps + rows[ty].high * row + (x * kTaps + ty * kSide) * shape.channels;
      float* __restrict into = columns + x * run;
      for (std::int64_t c = 0; c < run; ++c) into[c] += keep * load(low[c]) + weight * load(high[c]);
    }
  }
}

template <class Value>
SEG_INLINE void mix_body(const TapShape& shape, const TapSource* rows, const Value* taps, const Value* addend, float* __restrict columns,
                         Value* __restrict y) {
  mix_vertically(shape, rows, taps, columns);
  const std::int64_t channels = shape.channels;
  for (std::int64_t x = 0; x < shape.out_width; ++x) {
    const TapSource* sources = shape.columns + x * kSide;
    // A tap in the padding reads the positions of the middle tap with weight 0, so that the run needs no branch.
    const float* low[kSide];
    const float* high[kSide];
    float keep[kSide], weight[kSide];
    for (int tx = 0; tx < kSide; ++tx) {
      const bool there = sources[tx].low >= 0;
      const TapSource& source = there ? sources[tx] : sources[1];
      low[tx] = columns + (source.low * kSide + tx) * channels;
      high[tx] = columns + (source.high * kSide + tx) * channels;
      weight[tx] = there ? source.weight : 0.0f;
      keep[tx] = there ? 1.0f - source.weight : 0.0f;
    }
    const Value* before = addend + x * channels;
    Value* __restrict into = y + x * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      float sum = load(before[c]);
      sum += keep[0] * low[0][c] + weight[0] * high[0][c];
      sum += keep[1] * low[1][c] + weight[1] * high[1][c];
      sum += keep[2] * low[2][c] + weight[2] * high[2][c];
      store(sum, into[c]);
    }
  }
}

template <class Value>
SEG_INLINE void spread_body(const TapShape& shape, const TapSource* rows, const Value* gradient, float* __restrict columns, float* __restrict taps) {
  const std::int64_t block = shape.channel_end - shape.channel_begin;
  const std::int64_t run = kSide * block;
  for (std::int64_t i = 0; i < shape.in_width * run; ++i) columns[i] = 0.0f;
  for (std::int64_t x = 0; x < shape.out_width; ++x) {
    const Value* from = gradient + x * shape.channels + shape.channel_begin;
    for (std::int64_t tx = 0; tx < kSide; ++tx) {
      const TapSource& source = shape.columns[x * kSide + tx];
      if (source.low < 0) continue;
      const float weight = source.weight, keep = 1.0f - weight;
      float* __restrict low = columns + (source.low * kSide + tx) * block;
      for (std::int64_t c = 0; c < block; ++c) low[c] += keep * load(from[c]);
      // Not in one loop: at the right edge both are the same column.
      float* __restrict high = columns + (source.high * kSide + tx) * block;
      for (std::int64_t c = 0; c < block; ++c) high[c] += weight * load(from[c]);
    }
  }
  for (std::int64_t ty = 0; ty < kSide; ++ty) {
    if (rows[ty].low < 0) continue;
    const float weight = rows[ty].weight, keep = 1.0f - weight;
    for (std::int64_t x = 0; x < shape.in_width; ++x) {
      const float* __restrict from = columns + x * run;
      float* __restrict low = taps + (rows[ty].low * shape.in_width + x) * kTaps * block + ty * run;
      for (std::int64_t c = 0; c < run; ++c) low[c] += keep * from[c];
      float* __restrict high = taps + (rows[ty].high * shape.in_width + x) * kTaps * block + ty * run;
      for (std::int64_t c = 0; c < run; ++c) high[c] += weight * from[c];
    }
  }
}

template <class Value>
SEG_INLINE void store_body(const TapShape& shape, std::int64_t positions, const float* __restrict taps, Value* __restrict result) {
  const std::int64_t block = shape.channel_end - shape.channel_begin;
  for (std::int64_t run = 0; run < positions * kTaps; ++run) {
    Value* __restrict into = result + run * shape.channels + shape.channel_begin;
    for (std::int64_t c = 0; c < block; ++c) store(taps[run * block + c], into[c]);
  }
}

/// The entries for one type of value, compiled for one instruction set.
template <class Value>
struct TapEntries {
  void (*mix)(const TapShape&, const TapSource*, const Value*, const Value*, float*, Value*);
  void (*spread)(const TapShape&, const TapSource*, const Value*, float*, float*);
  void (*store)(const TapShape&, std::int64_t, const float*, Value*);
};

#define SEG_TAP_ENTRIES(name, Value, ...)                                                                                                   \
  __VA_ARGS__ void mix_##name(const TapShape& s, const TapSource* r, const Value* t, const Value* a, float* c, Value* y) {                  \
    mix_body(s, r, t, a, c, y);                                                                                                             \
  }                                                                                                                                         \
  __VA_ARGS__ void spread_##name(const TapShape& s, const TapSource* r, const Value* g, float* c, float* t) { spread_body(s, r, g, c, t); } \
  __VA_ARGS__ void store_##name(const TapShape& s, std::int64_t n, const float* t, Value* y) { store_body(s, n, t, y); }                    \
  constexpr TapEntries<Value> k_##name = {mix_##name, spread_##name, store_##name};

SEG_TAP_ENTRIES(floats_any, float)
SEG_TAP_ENTRIES(floats_avx2, float, SEG_TARGET_AVX2)
SEG_TAP_ENTRIES(floats_avx512, float, SEG_TARGET_AVX512)
SEG_TAP_ENTRIES(halves_any, std::uint16_t)
SEG_TAP_ENTRIES(halves_avx2, std::uint16_t, SEG_TARGET_AVX2)
SEG_TAP_ENTRIES(halves_avx512, std::uint16_t, SEG_TARGET_AVX512)

template <class Value>
const TapEntries<Value>& tap_entries();
template <>
const TapEntries<float>& tap_entries() {
  static const TapEntries<float>& chosen = choose(k_floats_any, k_floats_avx2, k_floats_avx512);
  return chosen;
}
template <>
const TapEntries<std::uint16_t>& tap_entries() {
  static const TapEntries<std::uint16_t>& chosen = choose(k_halves_any, k_halves_avx2, k_halves_avx512);
  return chosen;
}

}  // namespace

template <class Value>
void mix_tap_row(const TapShape& shape, const TapSource* rows, const Value* taps, const Value* addend, float* columns, Value* y) {
  tap_entries<Value>().mix(shape, rows, taps, addend, columns, y);
}

template <class Value>
void spread_tap_row(const TapShape& shape, const TapSource* rows, const Value* gradient, float* columns, float* taps) {
  tap_entries<Value>().spread(shape, rows, gradient, columns, taps);
}

template <class Value>
void store_taps(const TapShape& shape, std::int64_t positions, const float* taps, Value* result) {
  tap_entries<Value>().store(shape, positions, taps, result);
}

template void mix_tap_row(const TapShape&, const TapSource*, const float*, const float*, float*, float*);
template void mix_tap_row(const TapShape&, const TapSource*, const std::uint16_t*, const std::uint16_t*, float*, std::uint16_t*);
template void spread_tap_row(const TapShape&, const TapSource*, const float*, float*, float*);
template void spread_tap_row(const TapShape&, const TapSource*, const std::uint16_t*, float*, float*);
template void store_taps(const TapShape&, std::int64_t, const float*, float*);
template void store_taps(const TapShape&, std::int64_t, const float*, std::uint16_t*);

}  // namespace seg::cpu
