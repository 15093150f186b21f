#include "ops/cpu/depthwise_rows.hpp"

#include "ops/cpu/isa.hpp"
#include "ops/cpu/vectors.hpp"

namespace seg::cpu {
namespace {

constexpr std::int64_t kBlock = 64;  // channels processed at once, so that their weights stay in the first-level cache

template <int kLanes, int count>
SEG_INLINE void begin_sums(const DepthwiseShape& shape, std::int64_t c, Vector<kLanes>* sums) {
  for (int i = 0; i < count; ++i) sums[i] = Vector<kLanes>{};
  if (shape.bias != nullptr)
    for (int i = 0; i < count; ++i) load(shape.bias + c, sums[i]);
}

template <int kLanes, int count, class Value>
SEG_INLINE void end_sums(const DepthwiseShape& shape, const ColumnRun& run, std::int64_t c, const Vector<kLanes>* sums, Value* y) {
  using V = Vector<kLanes>;
  for (int i = 0; i < count; ++i) {
    V sum = sums[i] < shape.floor ? V{} + shape.floor : sums[i];  // NaN stays NaN
    sum = sum > shape.ceiling ? V{} + shape.ceiling : sum;
    store(sum, y + (run.first + i * run.step) * shape.channels + c);
  }
}

template <int kLanes, int count, class Value>
SEG_INLINE void sum_run(const DepthwiseShape& shape, const ColumnRun& run, const AxisReads& rows, const Value* image, std::int64_t row_length,
                        std::int64_t c, Value* y) {
  using V = Vector<kLanes>;
  const std::int64_t channels = shape.channels, step = run.source_step * channels;
  V sums[count];
  begin_sums<kLanes, count>(shape, c, sums);
  for (std::int64_t ty = 0; ty < rows.taps; ++ty) {
    const Value* row = image + rows.source[ty] * row_length + c;
    const float* weights = shape.weights + rows.tap[ty] * shape.kernel * channels + c;
    for (std::int64_t tx = 0; tx < run.reads.taps; ++tx) {
      const Value* from = row + run.reads.source[tx] * channels;
      V weight;
      load(weights + run.reads.tap[tx] * channels, weight);
      for (int i = 0; i < count; ++i) {
        V x;
        load(from + i * step, x);
        sums[i] += x * weight;
      }
    }
  }
  end_sums<kLanes, count>(shape, run, c, sums, y);
}

/// Like sum_run, for `taps` taps: each source is read once for all outputs.
template <int kLanes, int taps, class Value>
SEG_INLINE void slide_run(const DepthwiseShape& shape, const ColumnRun& run, const AxisReads& rows, const Value* image, std::int64_t row_length,
                          std::int64_t c, Value* y) {
  using V = Vector<kLanes>;
  constexpr int count = kRunLength;
  const std::int64_t channels = shape.channels, step = run.source_step * channels;
  V sums[count];
  begin_sums<kLanes, count>(shape, c, sums);
  for (std::int64_t ty = 0; ty < rows.taps; ++ty) {
    const Value* from = image + rows.source[ty] * row_length + run.reads.source[0] * channels + c;
    const float* row_weights = shape.weights + rows.tap[ty] * shape.kernel * channels + c;
    V weights[taps], x;
    for (int tx = 0; tx < taps; ++tx) load(row_weights + run.reads.tap[tx] * channels, weights[tx]);
#pragma GCC unroll 8
    for (int j = 0; j < count + taps - 1; ++j) {
      load(from + j * step, x);
#pragma GCC unroll 4
      for (int i = 0; i < count; ++i)
        if (j - i >= 0 && j - i < taps) sums[i] += x * weights[j - i];
    }
  }
  end_sums<kLanes, count>(shape, run, c, sums, y);
}

template <int kLanes, class Value>
SEG_INLINE void any_run(const DepthwiseShape& shape, const ColumnRun& run, const AxisReads& rows, const Value* image, std::int64_t row_length,
                        std::int64_t c, Value* y) {
  if (run.count != kRunLength) return sum_run<kLanes, 1>(shape, run, rows, image, row_length, c, y);
  if (run.sliding && run.reads.taps == 2) return slide_run<kLanes, 2>(shape, run, rows, image, row_length, c, y);
  if (run.sliding && run.reads.taps == 3) return slide_run<kLanes, 3>(shape, run, rows, image, row_length, c, y);
  if (run.sliding && run.reads.taps == 5) return slide_run<kLanes, 5>(shape, run, rows, image, row_length, c, y);
  return sum_run<kLanes, kRunLength>(shape, run, rows, image, row_length, c, y);
}

/// Processes channels from `c` on in whole vectors of this width; returns the first remaining channel.
template <int kLanes, class Value>
SEG_INLINE std::int64_t sum_channels(const DepthwiseShape& shape, const AxisReads& rows, const Value* image, std::int64_t row_length, std::int64_t c,
                                     Value* y) {
  while (c + kLanes <= shape.channels) {
    const std::int64_t whole = c + (shape.channels - c) / kLanes * kLanes, end = c + kBlock < whole ? c + kBlock : whole;
    for (const ColumnRun* run = shape.runs; run < shape.runs + shape.run_count; ++run)
      for (std::int64_t at = c; at < end; at += kLanes) any_run<kLanes>(shape, *run, rows, image, row_length, at, y);
    c = end;
  }
  return c;
}

template <int kLanes, class Value>
SEG_INLINE void row_body(const DepthwiseShape& shape, const AxisReads& rows, const Value* image, std::int64_t row_length, Value* y) {
  std::int64_t c = sum_channels<kLanes>(shape, rows, image, row_length, 0, y);
  if constexpr (kLanes > 4) c = sum_channels<4>(shape, rows, image, row_length, c, y);
  sum_channels<1>(shape, rows, image, row_length, c, y);
}

/// Outputs [first, last) of a row, whose taps are all inside the image.
struct Inside {
  std::int64_t first, last;
};

SEG_INLINE Inside inside(const GradientShape& s) {
  const std::int64_t first = (s.before + s.stride - 1) / s.stride, reach = s.in_width - 1 + s.before - (s.kernel - 1) * s.dilation;
  const std::int64_t last = reach < 0 ? 0 : reach / s.stride + 1 < s.out_width ? reach / s.stride + 1 : s.out_width;
  return first < last ? Inside{first, last} : Inside{0, 0};
}

/// Adds output X of a row, for `vectors` vectors of channels; with `checked`, taps outside of the image are skipped.
template <bool checked, int kLanes, int kernel, int vectors, class Value>
SEG_INLINE void add_output(const GradientShape& s, std::int64_t output, const Value* gradient, const Value* row,
                           Vector<kLanes> (&sums)[vectors][kernel]) {
  using V = Vector<kLanes>;
  const std::int64_t column = output * s.stride - s.before;
  V g[vectors];
  for (int v = 0; v < vectors; ++v) load(gradient + output * s.channels + v * kLanes, g[v]);
  for (int tx = 0; tx < kernel; ++tx) {
    const std::int64_t source = column + tx * s.dilation;
    if constexpr (checked)
      if (source < 0 || source >= s.in_width) continue;
    for (int v = 0; v < vectors; ++v) {
      V x;
      load(row + source * s.channels + v * kLanes, x);
      sums[v][tx] += g[v] * x;
    }
  }
}

/// Adds outputs X, X + dilation, ... of a row at stride 1: kRunLength of them, whose taps read each source once.
template <int kLanes, int kernel, int vectors, class Value>
SEG_INLINE void add_run(const GradientShape& s, std::int64_t output, const Value* gradient, const Value* row,
                        Vector<kLanes> (&sums)[vectors][kernel]) {
  using V = Vector<kLanes>;
  constexpr int count = kRunLength;
  const std::int64_t step = s.dilation * s.channels;
  const Value* from = row + (output - s.before) * s.channels;
  for (int v = 0; v < vectors; ++v) {
    V g[count], x;
    for (int i = 0; i < count; ++i) load(gradient + output * s.channels + i * step + v * kLanes, g[i]);
#pragma GCC unroll 8
    for (int j = 0; j < count + kernel - 1; ++j) {
      load(from + j * step + v * kLanes, x);
#pragma GCC unroll 4
      for (int i = 0; i < count; ++i)
        if (j - i >= 0 && j - i < kernel) sums[v][j - i] += g[i] * x;
    }
  }
}

/// Adds outputs [first, last) of a row, whose taps are all inside the image.
template <int kLanes, int kernel, int vectors, class Value>
SEG_INLINE void add_inside(const GradientShape& s, std::int64_t first, std::int64_t last, const Value* gradient, const Value* row,
                           Vector<kLanes> (&sums)[vectors][kernel]) {
  const std::int64_t step = s.stride == 1 ? s.dilation : 1;
  for (std::int64_t phase = 0; phase < step; ++phase) {
    std::int64_t x = first + phase;
    if (s.stride == 1)
      for (; x + (kRunLength - 1) * step < last; x += kRunLength * step) add_run<kLanes, kernel, vectors>(s, x, gradient, row, sums);
    for (; x < last; x += step) add_output<false, kLanes, kernel, vectors>(s, x, gradient, row, sums);
  }
}

template <int kLanes, int kernel, int vectors, class Value>
SEG_INLINE void gradient_vectors(const GradientShape& s, const Value* gradient, const Value* image, std::int64_t c, float* sums) {
  using V = Vector<kLanes>;
  const auto [first, last] = inside(s);
  for (int ty = 0; ty < kernel; ++ty) {
    V part[vectors][kernel]{};
    for (std::int64_t output_row = 0; output_row < s.row_count; ++output_row) {
      const AxisReads& reads = s.rows[output_row];
      std::int64_t read = 0;
      while (read < reads.taps && reads.tap[read] != ty) ++read;
      if (read == reads.taps) continue;
      const Value* row = image + reads.source[read] * s.in_width * s.channels + c;
      const Value* of_row = gradient + output_row * s.out_width * s.channels + c;
      for (std::int64_t x = 0; x < first; ++x) add_output<true, kLanes, kernel, vectors>(s, x, of_row, row, part);
      add_inside<kLanes, kernel, vectors>(s, first, last, of_row, row, part);
      for (std::int64_t x = last; x < s.out_width; ++x) add_output<true, kLanes, kernel, vectors>(s, x, of_row, row, part);
    }
    for (int tx = 0; tx < kernel; ++tx)
      for (int v = 0; v < vectors; ++v) store(part[v][tx], sums + (ty * kernel + tx) * s.channels + c + v * kLanes);
  }
}

template <int kLanes, int kernel, class Value>
SEG_INLINE void gradient_channels(const GradientShape& s, const Value* gradient, const Value* image, float* sums) {
  std::int64_t c = 0;
  for (; c + 2 * kLanes <= s.channels; c += 2 * kLanes) gradient_vectors<kLanes, kernel, 2>(s, gradient, image, c, sums);
  if constexpr (kLanes > 4)
    for (; c + 4 <= s.channels; c += 4) gradient_vectors<4, kernel, 1>(s, gradient, image, c, sums);
  for (; c < s.channels; ++c) gradient_vectors<1, kernel, 1>(s, gradient, image, c, sums);
}

template <int kLanes, class Value>
SEG_INLINE void gradient_body(const GradientShape& s, const Value* gradient, const Value* image, float* sums) {
  if (s.kernel == 3)
    gradient_channels<kLanes, 3>(s, gradient, image, sums);
  else
    gradient_channels<kLanes, 5>(s, gradient, image, sums);
}

/// The entries for one type of value, compiled for one instruction set.
template <class Value>
struct DepthwiseEntries {
  void (*row)(const DepthwiseShape&, const AxisReads&, const Value*, std::int64_t, Value*);
  void (*gradient)(const GradientShape&, const Value*, const Value*, float*);
};

#define SEG_DEPTHWISE_ENTRIES(name, lanes, V, ...)                                                                                               \
  __VA_ARGS__ void row_##name(const DepthwiseShape& s, const AxisReads& r, const V* x, std::int64_t n, V* y) { row_body<lanes>(s, r, x, n, y); } \
  __VA_ARGS__ void gradient_##name(const GradientShape& s, const V* g, const V* x, float* w) { gradient_body<lanes>(s, g, x, w); }               \
  constexpr DepthwiseEntries<V> k_##name = {row_##name, gradient_##name};

SEG_DEPTHWISE_ENTRIES(floats_any, 4, float)
SEG_DEPTHWISE_ENTRIES(floats_avx2, 8, float, SEG_TARGET_AVX2)
SEG_DEPTHWISE_ENTRIES(floats_avx512, 16, float, SEG_TARGET_AVX512)
SEG_DEPTHWISE_ENTRIES(halves_any, 4, std::uint16_t)
SEG_DEPTHWISE_ENTRIES(halves_avx2, 8, std::uint16_t, SEG_TARGET_AVX2)
SEG_DEPTHWISE_ENTRIES(halves_avx512, 16, std::uint16_t, SEG_TARGET_AVX512)

template <class Value>
const DepthwiseEntries<Value>& depthwise_entries();
template <>
const DepthwiseEntries<float>& depthwise_entries() {
  static const DepthwiseEntries<float>& chosen = choose(k_floats_any, k_floats_avx2, k_floats_avx512);
  return chosen;
}
template <>
const DepthwiseEntries<std::uint16_t>& depthwise_entries() {
  static const DepthwiseEntries<std::uint16_t>& chosen = choose(k_halves_any, k_halves_avx2, k_halves_avx512);
  return chosen;
}

}  // namespace

template <class Value>
void depthwise_row(const DepthwiseShape& shape, const AxisReads& rows, const Value* image, std::int64_t row_length, Value* y) {
  depthwise_entries<Value>().row(shape, rows, image, row_length, y);
}

template <class Value>
void depthwise_gradient(const GradientShape& shape, const Value* gradient, const Value* image, float* sums) {
  depthwise_entries<Value>().gradient(shape, gradient, image, sums);
}

template void depthwise_row(const DepthwiseShape&, const AxisReads&, const float*, std::int64_t, float*);
template void depthwise_row(const DepthwiseShape&, const AxisReads&, const std::uint16_t*, std::int64_t, std::uint16_t*);
template void depthwise_gradient(const GradientShape&, const float*, const float*, float*);
template void depthwise_gradient(const GradientShape&, const std::uint16_t*, const std::uint16_t*, float*);

}  // namespace seg::cpu
