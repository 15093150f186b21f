// Transforms that make a sample of another size, image and labels together.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/augment/transforms.hpp"

namespace seg {

/// The frame times a factor, sides rounded: one of `steps`, or uniform in [min, max) where there are none.
class ScaleJitter final : public Transform {
 public:
  explicit ScaleJitter(ScaleOptions options) : options_(std::move(options)) {}
  void apply(Sample& sample, Random& random) const override;

 private:
  ScaleOptions options_;
};

/// Grows a frame at its right and lower edge to at least `size`: the image with `color` (RGB), the labels with 255.
class Pad final : public Transform {
 public:
  Pad(Size size, std::array<std::uint8_t, 3> color) : size_(size), color_(color) {}
  void apply(Sample& sample, Random& random) const override;

 private:
  Size size_;
  std::array<std::uint8_t, 3> color_;
};

/// A window of `size`, uniform over the frame, which must be at least that large. With `rare_probability` it is uniform over
/// the windows that hold a random pixel of a random rare class, where the frame has one. Windows with less than `min_valid`
/// labelled pixels are drawn again, at most kTries times; then the one with most is taken.
class RandomCrop final : public Transform {
 public:
  static constexpr int kTries = 10;

  RandomCrop(Size size, double min_valid, std::vector<std::uint8_t> rare_classes, double rare_probability)
      : size_(size), min_valid_(min_valid), rare_classes_(std::move(rare_classes)), rare_probability_(rare_probability) {}
  void apply(Sample& sample, Random& random) const override;

 private:
  cv::Rect draw(const cv::Mat& labels, cv::Size frame, Random& random) const;

  Size size_;
  double min_valid_;
  std::vector<std::uint8_t> rare_classes_;
  double rare_probability_;
};

}  // namespace seg
