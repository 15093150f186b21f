// Which two source positions each position of a bilinearly resized axis mixes, and how much of the second.
//
//   half pixel:     s = max((i + 0.5) * scale - 0.5, 0), scale = in / out        align corners: s = i * scale, scale = (in - 1) / (out - 1)
//   low = floor(s), high = min(low + 1, in - 1), value = (1 - weight) * source[low] + weight * source[high]
//
// Rounded where LibTorch 1.13 rounds for values of that type on the CPU (ATen/native/UpSample.h, acc_type): scale is a Scalar, s is a double,
// so that kernels mix with the weights of at::upsample_bilinear2d. A float s, as LibTorch 2 has it, is 8e-6 off at position 192 already.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace seg {

template <class Scalar>
struct BilinearAxis {
  std::vector<std::int32_t> low;   // [out]
  std::vector<std::int32_t> high;  // [out]
  std::vector<Scalar> weight;      // [out], of `high`, 0..1
};

/// in, out >= 1.
template <class Scalar = float>
BilinearAxis<Scalar> bilinear_axis(std::int64_t in, std::int64_t out, bool align_corners) {
  BilinearAxis<Scalar> axis;
  const Scalar corners = out > 1 ? static_cast<Scalar>(in - 1) / static_cast<Scalar>(out - 1) : Scalar(0);
  const double scale = align_corners ? corners : static_cast<Scalar>(in) / static_cast<Scalar>(out);
  for (std::int64_t i = 0; i < out; ++i) {
    const auto position = static_cast<double>(i);
    const double source = align_corners ? scale * position : std::max(scale * (position + 0.5) - 0.5, 0.0);
    const std::int64_t low = std::min(static_cast<std::int64_t>(source), in - 1);
    axis.low.push_back(static_cast<std::int32_t>(low));
    axis.high.push_back(static_cast<std::int32_t>(std::min(low + 1, in - 1)));
    axis.weight.push_back(static_cast<Scalar>(std::min(source - static_cast<double>(low), 1.0)));
  }
  return axis;
}

}  // namespace seg
