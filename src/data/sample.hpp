// One image with its labels, as read or as transformed.
#pragma once

#include <opencv2/core/mat.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "base/size.hpp"
#include "core/pixel_changes.hpp"

namespace seg {

/// The size that the data set gives frames as soon as they are decoded; 0x0: as in the file.
struct FrameSize {
  Size image;
  Size labels;

  bool operator==(const FrameSize&) const = default;
};

/// What a sample was drawn for (data/sampling.hpp): its crop should hold this share of pixels of the class.
struct WantedClass {
  std::uint8_t label = 0;
  double share = 0.0;
};

struct Sample {
  cv::Mat image;              // CV_8UC3, RGB
  cv::Mat labels;             // CV_8UC1, train ids, 255 = ignored; empty where the set has none
  std::string id;             // path relative to the data set's root, without extension
  PixelChanges changes = {};  // still to be made
  std::optional<WantedClass> wanted = {};
};

}  // namespace seg
