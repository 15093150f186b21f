#include "data/augment/color.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace seg {
namespace {

constexpr int kHueSteps = 180;       // a turn in OpenCV's 8-bit HSV
constexpr double kLeastSigma = 0.1;  // pixels; below it the kernel is a single point

cv::Mat grey_of(const cv::Mat& image) {
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

double random_factor(double strength, Random& random) { return random.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength); }

}  // namespace

cv::Mat adjust_brightness(const cv::Mat& image, double factor) {
  cv::Mat adjusted;
  image.convertTo(adjusted, -1, factor);
  return adjusted;
}

cv::Mat adjust_contrast(const cv::Mat& image, double factor) {
  cv::Mat adjusted;
  image.convertTo(adjusted, -1, factor, (1.0 - factor) * cv::mean(grey_of(image))[0]);
  return adjusted;
}

cv::Mat adjust_saturation(const cv::Mat& image, double factor) {
  cv::Mat grey;
  cv::cvtColor(grey_of(image), grey, cv::COLOR_GRAY2RGB);
  cv::Mat adjusted;
  cv::addWeighted(image, factor, grey, 1.0 - factor, 0.0, adjusted);
  return adjusted;
}

cv::Mat adjust_hue(const cv::Mat& image, double turns) {
  const int shift = static_cast<int>(std::lround(turns * kHueSteps));
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const int hue = ((i + shift) % kHueSteps + kHueSteps) % kHueSteps;
    table.at<cv::Vec3b>(0, i) = {static_cast<std::uint8_t>(hue), static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i)};
  }
  cv::Mat hsv;
  cv::cvtColor(image, hsv, cv::COLOR_RGB2HSV);
  cv::Mat shifted;
  cv::LUT(hsv, table, shifted);
  cv::Mat adjusted;
  cv::cvtColor(shifted, adjusted, cv::COLOR_HSV2RGB);
  return adjusted;
}

void ColorJitter::apply(Sample& sample, Random& random) const {
  cv::Mat& image = sample.image;
  for (const std::int64_t change : random.permutation(4)) {
    if (change == 0 && options_.brightness > 0.0) image = adjust_brightness(image, random_factor(options_.brightness, random));
    if (change == 1 && options_.contrast > 0.0) image = adjust_contrast(image, random_factor(options_.contrast, random));
    if (change == 2 && options_.saturation > 0.0) image = adjust_saturation(image, random_factor(options_.saturation, random));
    if (change == 3 && options_.hue > 0.0) image = adjust_hue(image, random.uniform(-options_.hue, options_.hue));
  }
}

void Blur::apply(Sample& sample, Random& random) const {
  if (!random.chance(options_.probability)) return;
  const double sigma = random.uniform(0.0, options_.sigma);
  if (sigma < kLeastSigma) return;
  cv::Mat blurred;
  cv::GaussianBlur(sample.image, blurred, {0, 0}, sigma, sigma, cv::BORDER_REFLECT_101);
  sample.image = blurred;
}

}  // namespace seg
