#include "ops/cpu/winograd_tile.hpp"

#include "ops/cpu/isa.hpp"
#include "ops/cpu/vectors.hpp"

namespace seg::cpu {
namespace {

// One axis of each transform: values and results have distances of `step`.

template <class V>
SEG_INLINE void input_axis(const V* d, int step, V* r) {
  const V d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const V even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1, near = d4 - d2, far = 2.0f * (d3 - d1);
  r[0] = 4.0f * d0 - 5.0f * d2 + d4;
  r[step] = even + odd;
  r[2 * step] = even - odd;
  r[3 * step] = near + far;
  r[4 * step] = near - far;
  r[5 * step] = 4.0f * d1 - 5.0f * d3 + d5;
}

template <class V>
SEG_INLINE void output_axis(const V* m, int step, V* y, int y_step) {
  const V sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
  const V far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
  y[0] = m[0] + sum + far_sum;
  y[y_step] = difference + 2.0f * far_difference;
  y[2 * y_step] = sum + 4.0f * far_sum;
  y[3 * y_step] = difference + 8.0f * far_difference + m[5 * step];
}

template <class V>
SEG_INLINE void gradient_axis(const V* y, int step, V* m, int m_step) {
  const V y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  const V even = y0 + y2, odd = y1 + y3, far_even = y0 + 4.0f * y2, far_odd = 2.0f * y1 + 8.0f * y3;
  m[0] = y0;
  m[m_step] = even + odd;
  m[2 * m_step] = even - odd;
  m[3 * m_step] = far_even + far_odd;
  m[4 * m_step] = far_even - far_odd;
  m[5 * m_step] = y3;
}

template <class V>
SEG_INLINE void filter_axis(const V* g, int step, V* u, int u_step) {
  const V g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const V near = (g0 + g2) * (-1.0f / 6.0f), far = g0 * (1.0f / 24.0f) + g2 * (1.0f / 6.0f);
  u[0] = 0.25f * g0;
  u[u_step] = near - g1 * (1.0f / 6.0f);
  u[2 * u_step] = near + g1 * (1.0f / 6.0f);
  u[3 * u_step] = far + g1 * (1.0f / 12.0f);
  u[4 * u_step] = far - g1 * (1.0f / 12.0f);
  u[5 * u_step] = g2;
}

template <class V>
SEG_INLINE void filter_gradient_axis(const V* u, int step, V* g, int g_step) {
  const V near_sum = (u[step] + u[2 * step]) * (1.0f / 6.0f), near_difference = (u[2 * step] - u[step]) * (1.0f / 6.0f);
  const V far_sum = u[3 * step] + u[4 * step], far_difference = (u[3 * step] - u[4 * step]) * (1.0f / 12.0f);
  g[0] = 0.25f * u[0] - near_sum + far_sum * (1.0f / 24.0f);
  g[g_step] = near_difference + far_difference;
  g[2 * g_step] = far_sum * (1.0f / 6.0f) - near_sum + u[5 * step];
}

template <class V>
SEG_INLINE void store_points(const V* values, const TilePoints& points, std::int64_t at) {
  for (int p = 0; p < kPoints; ++p) store(values[p], points.first + p * points.stride + at);
}

template <class V>
SEG_INLINE void load_points(const TilePoints& points, std::int64_t at, V* values) {
  for (int p = 0; p < kPoints; ++p) load(points.first + p * points.stride + at, values[p]);
}

template <int kLanes>
SEG_INLINE void input_body(const float* const* pixels, std::int64_t channels, const TilePoints& points) {
  using V = Vector<kLanes>;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V d[36];
    for (int i = 0; i < 36; ++i) load(pixels[i] + c, d[i]);
    for (int i = 0; i < 6; ++i) input_axis(d + i, 6, d + i);
    for (int i = 0; i < 6; ++i) input_axis(d + 6 * i, 1, d + 6 * i);
    store_points(d, points, c);
  }
}

template <int kLanes>
SEG_INLINE void gradient_body(const float* const* pixels, std::int64_t channels, const TilePoints& points) {
  using V = Vector<kLanes>;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V y[16], half[24], m[36];
    for (int i = 0; i < 16; ++i) load(pixels[i] + c, y[i]);
    for (int i = 0; i < 4; ++i) gradient_axis(y + i, 4, half + i, 4);
    for (int i = 0; i < 6; ++i) gradient_axis(half + 4 * i, 1, m + 6 * i, 1);
    store_points(m, points, c);
  }
}

template <int kLanes>
SEG_INLINE void output_body(const TilePoints& points, std::int64_t channels, const AfterSum& after, float* const* pixels) {
  using V = Vector<kLanes>;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V m[36], half[24], y[16], bias{};
    load_points(points, c, m);
    if (after.bias != nullptr) load(after.bias + c, bias);
    for (int i = 0; i < 6; ++i) output_axis(m + i, 6, half + i, 6);
    for (int i = 0; i < 4; ++i) output_axis(half + 6 * i, 1, y + 4 * i, 1);
    for (int i = 0; i < 16; ++i) {
      if (pixels[i] == nullptr) continue;
      const V sum = y[i] + bias;
      store(after.relu ? (sum < V{} ? V{} : sum) : sum, pixels[i] + c);
    }
  }
}

template <int kLanes>
SEG_INLINE void filters_body(const float* const* taps, std::int64_t tap_stride, std::int64_t rows, const TilePoints& points) {
  using V = Vector<kLanes>;
  for (std::int64_t at = 0; at < rows * kPanel; at += kLanes) {
    const std::int64_t from = at / kPanel * tap_stride + at % kPanel;
    V g[9], half[18], u[36];
    for (int i = 0; i < 9; ++i) load(taps[i] + from, g[i]);
    for (int i = 0; i < 3; ++i) filter_axis(g + i, 3, half + i, 3);
    for (int i = 0; i < 6; ++i) filter_axis(half + 3 * i, 1, u + 6 * i, 1);
    store_points(u, points, at);
  }
}

template <int kLanes>
SEG_INLINE void filter_gradient_body(const TilePoints& points, std::int64_t channels, float* const* taps) {
  using V = Vector<kLanes>;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V u[36], half[18], g[9];
    load_points(points, c, u);
    for (int i = 0; i < 6; ++i) filter_gradient_axis(u + i, 6, half + i, 6);
    for (int i = 0; i < 3; ++i) filter_gradient_axis(half + 6 * i, 1, g + 3 * i, 1);
    for (int i = 0; i < 9; ++i) store(g[i], taps[i] + c);
  }
}

/// The entries, compiled for one instruction set.
struct Entries {
  void (*input)(const float* const*, std::int64_t, const TilePoints&);
  void (*gradient)(const float* const*, std::int64_t, const TilePoints&);
  void (*output)(const TilePoints&, std::int64_t, const AfterSum&, float* const*);
  void (*filters)(const float* const*, std::int64_t, std::int64_t, const TilePoints&);
  void (*filter_gradient)(const TilePoints&, std::int64_t, float* const*);
};

#define SEG_ENTRIES(name, lanes, ...)                                                                                                     \
  __VA_ARGS__ void input_##name(const float* const* x, std::int64_t n, const TilePoints& p) { input_body<lanes>(x, n, p); }               \
  __VA_ARGS__ void gradient_##name(const float* const* x, std::int64_t n, const TilePoints& p) { gradient_body<lanes>(x, n, p); }         \
  __VA_ARGS__ void output_##name(const TilePoints& p, std::int64_t n, const AfterSum& after, float* const* y) {                           \
    output_body<lanes>(p, n, after, y);                                                                                                   \
  }                                                                                                                                       \
  __VA_ARGS__ void filters_##name(const float* const* g, std::int64_t step, std::int64_t n, const TilePoints& p) {                        \
    filters_body<lanes>(g, step, n, p);                                                                                                   \
  }                                                                                                                                       \
  __VA_ARGS__ void filter_gradient_##name(const TilePoints& p, std::int64_t n, float* const* g) { filter_gradient_body<lanes>(p, n, g); } \
  constexpr Entries k_##name = {input_##name, gradient_##name, output_##name, filters_##name, filter_gradient_##name};

SEG_ENTRIES(any, 4)
SEG_ENTRIES(avx2, 8, SEG_TARGET_AVX2)
SEG_ENTRIES(avx512, 16, SEG_TARGET_AVX512)

const Entries& entries() {
  static const Entries& chosen = choose(k_any, k_avx2, k_avx512);
  return chosen;
}

}  // namespace

void transform_input(const float* const* pixels, std::int64_t channels, const TilePoints& points) { entries().input(pixels, channels, points); }

void transform_gradient(const float* const* pixels, std::int64_t channels, const TilePoints& points) { entries().gradient(pixels, channels, points); }

void transform_output(const TilePoints& points, std::int64_t channels, const AfterSum& after, float* const* pixels) {
  entries().output(points, channels, after, pixels);
}

void transform_filters(const float* const* taps, std::int64_t tap_stride, std::int64_t rows, const TilePoints& points) {
  entries().filters(taps, tap_stride, rows, points);
}

void transform_filter_gradient(const TilePoints& points, std::int64_t channels, float* const* taps) {
  entries().filter_gradient(points, channels, taps);
}

}  // namespace seg::cpu
