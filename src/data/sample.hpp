// One image with its labels, as read or as transformed.
#pragma once

#include <opencv2/core/mat.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "base/size.hpp"
#include "core/pixel_changes.hpp"

namespace seg {

/// The size to which the data set resizes frames right after decoding; 0x0: the size of the file.
struct FrameSize {
  Size image;
  Size labels;

  bool operator==(const FrameSize&) const = default;
};

/// The class for which a sample was drawn (data/sampling.hpp): its crop should contain this share of pixels of the class.
struct WantedClass {
  std::uint8_t label = 0;
  double share = 0.0;
};

struct Sample {
  cv::Mat image;              // CV_8UC3, RGB
  cv::Mat labels;             // CV_8UC1, train ids, 255 = ignored; empty if the data set has no labels
  std::string id;             // path relative to the data set's root, without extension
  PixelChanges changes = {};  // not applied yet
  std::optional<WantedClass> wanted = {};
};

}  // namespace seg
