#include "data/augment/sample_changes.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace seg {
namespace {

constexpr double kLeastSigma = 0.1;  // pixels; below it the kernel is a single point

std::vector<ColorChange> draw_color(const ColorOptions& options, Random& random) {
  const std::array<double, 4> strengths = {options.brightness, options.contrast, options.saturation, options.hue};  // as in ColorKind
  std::vector<ColorChange> changes;
  if (std::ranges::max(strengths) <= 0.0) return changes;
  for (const std::int64_t next : random.permutation(std::ssize(strengths))) {
    const auto kind = static_cast<ColorKind>(next);
    const double strength = strengths[static_cast<std::size_t>(next)];
    if (strength <= 0.0) continue;
    const double least = kind == ColorKind::kHue ? -strength : std::max(0.0, 1.0 - strength);
    const double most = kind == ColorKind::kHue ? strength : 1.0 + strength;
    changes.push_back({kind, random.uniform(least, most)});
  }
  return changes;
}

double draw_blur(const BlurOptions& options, Random& random) {
  if (options.probability <= 0.0 || !random.chance(options.probability)) return 0.0;
  const double sigma = random.uniform(0.0, options.sigma);
  return sigma < kLeastSigma ? 0.0 : sigma;
}

cv::Mat mirrored(const cv::Mat& mat) {
  cv::Mat result;
  cv::flip(mat, result, 1);
  return result;
}

cv::Mat grey_of(const cv::Mat& image) {
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

cv::Mat hue_shifted(const cv::Mat& image, int shift) {
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const int hue = ((i + shift) % kHueSteps + kHueSteps) % kHueSteps;
    table.at<cv::Vec3b>(0, i) = {static_cast<std::uint8_t>(hue), static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i)};
  }
  cv::Mat hsv, shifted, rgb;
  cv::cvtColor(image, hsv, cv::COLOR_RGB2HSV);
  cv::LUT(hsv, table, shifted);
  cv::cvtColor(shifted, rgb, cv::COLOR_HSV2RGB);
  return rgb;
}

cv::Mat with_color(const cv::Mat& image, const ColorChange& change) {
  const double factor = change.amount;
  cv::Mat grey, changed;
  switch (change.kind) {
    case ColorKind::kBrightness:
      image.convertTo(changed, -1, factor);
      break;
    case ColorKind::kContrast:
      image.convertTo(changed, -1, factor, (1.0 - factor) * cv::mean(grey_of(image))[0]);
      break;
    case ColorKind::kSaturation:
      cv::cvtColor(grey_of(image), grey, cv::COLOR_GRAY2RGB);
      cv::addWeighted(image, factor, grey, 1.0 - factor, 0.0, changed);
      break;
    case ColorKind::kHue:
      return hue_shifted(image, hue_steps(change.amount));
  }
  return changed;
}

cv::Mat blurred(const cv::Mat& image, double sigma) {
  const int taps = blur_taps(sigma);
  cv::Mat result;
  cv::GaussianBlur(image, result, {taps, taps}, sigma, sigma, cv::BORDER_REFLECT_101);
  return result;
}

}  // namespace

PixelChanges draw_changes(const AugmentOptions& options, Random& random) {
  PixelChanges changes;
  changes.flip = options.flip > 0.0 && random.chance(options.flip);
  changes.color = draw_color(options.color, random);
  changes.blur = draw_blur(options.blur, random);
  return changes;
}

void make_changes(Sample& sample) {
  const PixelChanges changes = std::exchange(sample.changes, {});
  if (changes.flip) sample.image = mirrored(sample.image);
  if (changes.flip && !sample.labels.empty()) sample.labels = mirrored(sample.labels);
  for (const ColorChange& change : changes.color) sample.image = with_color(sample.image, change);
  if (changes.blur > 0.0) sample.image = blurred(sample.image, changes.blur);
}

int hue_steps(double turns) { return static_cast<int>(std::lround(turns * kHueSteps)); }

int blur_taps(double sigma) { return cvRound(6.0 * sigma + 1.0) | 1; }

}  // namespace seg
