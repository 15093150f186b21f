// The matrix product of which convolutions consist, in float32: some rows by one panel of adjacent columns.
#pragma once

#include <cstdint>

namespace seg::cpu {

inline constexpr std::int64_t kPanel = 16;  // columns

/// Whether a convolution and its gradients consist of whole panels.
inline bool fits_panels(std::int64_t inputs, std::int64_t outputs) { return inputs % kPanel == 0 && outputs % kPanel == 0; }

/// sums[r][c] = or += sum over i < depth of a[r][i] b[i][c], r < rows, c < kPanel.
struct PanelProduct {
  const float* a;
  std::int64_t a_row, a_depth;  // strides of r and of i, in floats
  const float* b;
  std::int64_t b_depth;
  float* sums;
  std::int64_t sums_row;
  std::int64_t rows, depth;
  bool add;
};
void multiply(const PanelProduct& product);

}  // namespace seg::cpu
