// Counts near boundaries alone: boundary IoU (Cheng et al., CVPR 2021) of all classes at once.
//
//   G_d: pixels of a mask within d of its contour, that is with a pixel of another label or the image's edge in the square of 2 d + 1 around them;
//   d = 2 % of the image's diagonal, rounded (halves to even, as the authors' code does), at least 1
//   boundary IoU of class c = |G_d and P_d| / |G_d or P_d| over all images, G the truth's mask and P the predicted one
//
// Pixels with label 255 count nowhere and bound nothing. Pixels predicted as none of the classes bound those beside them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "scores/scores.hpp"

namespace seg {

/// d for an image of this size, in pixels.
std::int64_t boundary_width(std::int64_t height, std::int64_t width);

class BoundaryCounts {
 public:
  /// 1 <= classes <= 255.
  explicit BoundaryCounts(std::int64_t classes) : counts_(static_cast<std::size_t>(classes)) {}

  /// predicted, labels: uint8 [h,w] on the CPU, as Confusion::add takes them.
  void add(const torch::Tensor& predicted, const torch::Tensor& labels);

  /// [K]: truth = |G_d|, predicted = |P_d|, both = |G_d and P_d|.
  const std::vector<ClassPixels>& counts() const { return counts_; }

 private:
  std::vector<ClassPixels> counts_;
};

}  // namespace seg
