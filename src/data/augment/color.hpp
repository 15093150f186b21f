// Transforms that change pixel values and leave the labels alone.
#pragma once

#include "data/augment/transforms.hpp"

namespace seg {

// The four changes as torchvision defines them (torchvision.transforms.functional, adjust_*), on u8 RGB, saturating:
//   brightness  x -> f x                     contrast  x -> f x + (1 - f) mean(grey)
//   saturation  x -> f x + (1 - f) grey(x)   hue       h -> h + shift, in HSV, shift in turns
// with grey = 0.299 R + 0.587 G + 0.114 B. The hue moves in steps of 1/180 turn.
cv::Mat adjust_brightness(const cv::Mat& image, double factor);
cv::Mat adjust_contrast(const cv::Mat& image, double factor);
cv::Mat adjust_saturation(const cv::Mat& image, double factor);
cv::Mat adjust_hue(const cv::Mat& image, double turns);

/// The four in random order, each with its own random factor; a strength of 0 leaves its change out.
class ColorJitter final : public Transform {
 public:
  explicit ColorJitter(const ColorOptions& options) : options_(options) {}
  void apply(Sample& sample, Random& random) const override;

 private:
  ColorOptions options_;
};

/// Gaussian blur of some samples with a standard deviation uniform in [0, sigma).
class Blur final : public Transform {
 public:
  explicit Blur(const BlurOptions& options) : options_(options) {}
  void apply(Sample& sample, Random& random) const override;

 private:
  BlurOptions options_;
};

}  // namespace seg
