#include "ops/cpu/panel_product.hpp"

#include "ops/cpu/isa.hpp"
#include "ops/cpu/vectors.hpp"

namespace seg::cpu {
namespace {

/// Rows `row` to `row + kRows` of a product: their sums stay in registers.
template <int kLanes, int kRows>
SEG_INLINE void product_rows(const PanelProduct& product, std::int64_t row) {
  using V = Vector<kLanes>;
  constexpr int kVectors = kPanel / kLanes;
  V sums[kRows][kVectors];
  float* into = product.sums + row * product.sums_row;
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      if (product.add)
        load(into + r * product.sums_row + v * kLanes, sums[r][v]);
      else
        sums[r][v] = V{};
    }
  const float *a = product.a + row * product.a_row, *b = product.b;
  for (std::int64_t i = 0; i < product.depth; ++i, a += product.a_depth, b += product.b_depth) {
    V values[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) load(b + v * kLanes, values[v]);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[r][v] += a[r * product.a_row] * values[v];
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) store(sums[r][v], into + r * product.sums_row + v * kLanes);
}

template <int kLanes, int kRows>
SEG_INLINE void product_body(const PanelProduct& product) {
  std::int64_t row = 0;
  for (; row + kRows <= product.rows; row += kRows) product_rows<kLanes, kRows>(product, row);
  for (; row + 4 <= product.rows; row += 4) product_rows<kLanes, 4>(product, row);
  for (; row < product.rows; ++row) product_rows<kLanes, 1>(product, row);
}

/// The entry, compiled for one instruction set.
using Entry = void (*)(const PanelProduct&);

void product_any(const PanelProduct& product) { product_body<4, 2>(product); }
SEG_TARGET_AVX2 void product_avx2(const PanelProduct& product) { product_body<8, 6>(product); }
SEG_TARGET_AVX512 void product_avx512(const PanelProduct& product) { product_body<16, 12>(product); }

constexpr Entry k_any = product_any, k_avx2 = product_avx2, k_avx512 = product_avx512;

}  // namespace

void multiply(const PanelProduct& product) {
  static const Entry chosen = choose(k_any, k_avx2, k_avx512);
  chosen(product);
}

}  // namespace seg::cpu
