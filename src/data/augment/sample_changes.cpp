#include "data/augment/sample_changes.hpp"

#include <opencv2/core.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "data/augment/color.hpp"

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

cv::Mat with_color(const cv::Mat& image, const ColorChange& change) {
  switch (change.kind) {
    case ColorKind::kBrightness:
      return adjust_brightness(image, change.amount);
    case ColorKind::kContrast:
      return adjust_contrast(image, change.amount);
    case ColorKind::kSaturation:
      return adjust_saturation(image, change.amount);
    case ColorKind::kHue:
      return adjust_hue(image, change.amount);
  }
  return image;
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

}  // namespace seg
