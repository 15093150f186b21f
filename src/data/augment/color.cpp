#include "data/augment/color.hpp"

#include <opencv2/imgproc.hpp>

#include <cmath>
#include <cstdint>

namespace seg {
namespace {

cv::Mat grey_of(const cv::Mat& image) {
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

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

int hue_steps(double turns) { return static_cast<int>(std::lround(turns * kHueSteps)); }

cv::Mat adjust_hue(const cv::Mat& image, double turns) {
  const int shift = hue_steps(turns);
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

int blur_taps(double sigma) { return cvRound(6.0 * sigma + 1.0) | 1; }

cv::Mat blurred(const cv::Mat& image, double sigma) {
  const int taps = blur_taps(sigma);
  cv::Mat result;
  cv::GaussianBlur(image, result, {taps, taps}, sigma, sigma, cv::BORDER_REFLECT_101);
  return result;
}

}  // namespace seg
