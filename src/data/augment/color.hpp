// Changes of pixel values with OpenCV.
#pragma once

#include <opencv2/core/mat.hpp>

namespace seg {

// The four changes as torchvision defines them (torchvision.transforms.functional, adjust_*), on u8 RGB, saturating:
//   brightness  x -> f x                     contrast  x -> f x + (1 - f) mean(grey)
//   saturation  x -> f x + (1 - f) grey(x)   hue       h -> h + shift, in HSV, shift in turns
// with grey = 0.299 R + 0.587 G + 0.114 B. The hue moves in steps of 1/180 turn.
cv::Mat adjust_brightness(const cv::Mat& image, double factor);
cv::Mat adjust_contrast(const cv::Mat& image, double factor);
cv::Mat adjust_saturation(const cv::Mat& image, double factor);
cv::Mat adjust_hue(const cv::Mat& image, double turns);

/// Gaussian blur with a standard deviation in pixels; the border is mirrored.
cv::Mat blurred(const cv::Mat& image, double sigma);

// What these share with the same changes as tensors (batch_changes.cpp).
inline constexpr int kHueSteps = 180;  // a turn in OpenCV's 8-bit HSV
int hue_steps(double turns);
/// Width of the kernel for a standard deviation: what OpenCV takes for 8-bit images.
int blur_taps(double sigma);

}  // namespace seg
