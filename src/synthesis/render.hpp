// One frame of one street: image and labels.
#pragma once

#include <opencv2/core.hpp>

#include <cstdint>

#include "base/size.hpp"
#include "synthesis/scene.hpp"

namespace seg::synthesis {

struct Frame {
  cv::Mat_<cv::Vec3b> image;          // RGB
  cv::Mat_<std::uint8_t> kinds;       // Kind
  cv::Mat_<std::uint16_t> instances;  // 0 if the kind has none
};

/// Draws `world` at time `frame` (frames of its camera). `noise_seed` is only for the sensor noise of this image.
Frame render(const World& world, double frame, const Size& size, std::uint64_t noise_seed);

}  // namespace seg::synthesis
