// Bilinear interpolation along one axis: the two source positions of each position, and the weight of the second.
//
//   half pixel:     s = max((i + 0.5) * scale - 0.5, 0), scale = in / out        align corners: s = i * scale, scale = (in - 1) / (out - 1)
//   low = floor(s), high = min(low + 1, in - 1), value = (1 - weight) * source[low] + weight * source[high]
//
// Rounded like LibTorch 1.13 on the CPU for values of that type (ATen/native/UpSample.h, acc_type): scale is a Scalar, s is a double, so that
// kernels use the weights of at::upsample_bilinear2d. A float s, as in LibTorch 2, has an error of 8e-6 already at position 192.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/inline.hpp"

namespace seg {

/// The source positions of one position.
template <class Scalar>
struct BilinearPosition {
  std::int32_t low;
  std::int32_t high;
  Scalar weight;  // of `high`, 0..1
};

/// 0 <= i < out.
template <class Scalar = float>
SEG_INLINE BilinearPosition<Scalar> bilinear_position(std::int64_t in, std::int64_t out, bool align_corners, std::int64_t i) {
  const Scalar corners = out > 1 ? static_cast<Scalar>(in - 1) / static_cast<Scalar>(out - 1) : Scalar(0);
  const double scale = align_corners ? corners : static_cast<Scalar>(in) / static_cast<Scalar>(out);
  const auto position = static_cast<double>(i);
  const double half_pixel = scale * (position + 0.5) - 0.5;
  const double source = align_corners ? scale * position : (half_pixel > 0.0 ? half_pixel : 0.0);
  const std::int64_t floor = static_cast<std::int64_t>(source), low = floor < in - 1 ? floor : in - 1;
  const double weight = source - static_cast<double>(low);
  return {static_cast<std::int32_t>(low), static_cast<std::int32_t>(low + 1 < in ? low + 1 : in - 1),
          static_cast<Scalar>(weight < 1.0 ? weight : 1.0)};
}

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
  for (std::int64_t i = 0; i < out; ++i) {
    const auto at = bilinear_position<Scalar>(in, out, align_corners, i);
    axis.low.push_back(at.low);
    axis.high.push_back(at.high);
    axis.weight.push_back(at.weight);
  }
  return axis;
}

}  // namespace seg
