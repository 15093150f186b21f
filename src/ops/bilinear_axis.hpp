// Which two source positions each position of a bilinearly resized axis mixes, and how much of the second.
//
//   half pixel:     s = max((i + 0.5) * in / out - 0.5, 0)        align corners: s = i * (in - 1) / (out - 1)
//   low = floor(s), high = min(low + 1, in - 1), value = (1 - weight) * source[low] + weight * source[high]
//
// Computed in float32 in the order LibTorch uses, so that kernels and reference mix with the same weights.
#pragma once

#include <cstdint>
#include <vector>

namespace seg {

struct BilinearAxis {
  std::vector<std::int32_t> low;   // [out]
  std::vector<std::int32_t> high;  // [out]
  std::vector<float> weight;       // [out], of `high`, 0..1
};

/// in, out >= 1.
inline BilinearAxis bilinear_axis(std::int64_t in, std::int64_t out, bool align_corners) {
  BilinearAxis axis;
  const float corners = out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1) : 0.0f;
  const float scale = align_corners ? corners : static_cast<float>(in) / static_cast<float>(out);
  for (std::int64_t i = 0; i < out; ++i) {
    const float position = static_cast<float>(i);
    float source = align_corners ? scale * position : scale * (position + 0.5f) - 0.5f;
    if (source < 0.0f) source = 0.0f;
    std::int64_t low = static_cast<std::int64_t>(source);
    if (low > in - 1) low = in - 1;
    float weight = source - static_cast<float>(low);
    if (weight > 1.0f) weight = 1.0f;
    axis.low.push_back(static_cast<std::int32_t>(low));
    axis.high.push_back(static_cast<std::int32_t>(low < in - 1 ? low + 1 : low));
    axis.weight.push_back(weight);
  }
  return axis;
}

}  // namespace seg
