#include "data/augment/geometry.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "data/label_encoding.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

void resize(Sample& sample, Size size) {
  sample.image = resize_image(sample.image, size);
  if (!sample.labels.empty()) sample.labels = resize_labels(sample.labels, size);
}

/// The pixel number `rank`, in reading order, among those with the value `label`; there must be one.
cv::Point find_pixel(const cv::Mat& labels, std::uint8_t label, std::int64_t rank) {
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) {
      if (row[x] == label && rank-- == 0) return {x, y};
    }
  }
  throw Error(ErrorKind::kInternal, "no pixel of class " + std::to_string(label));
}

std::optional<cv::Point> random_rare_pixel(const cv::Mat& labels, const std::vector<std::uint8_t>& classes, Random& random) {
  const LabelHistogram counts = label_histogram(labels);
  std::vector<std::uint8_t> present;
  std::ranges::copy_if(classes, std::back_inserter(present), [&](std::uint8_t c) { return counts[c] > 0; });
  if (present.empty()) return std::nullopt;
  const std::uint8_t chosen = present[static_cast<std::size_t>(random.below(std::ssize(present)))];
  return find_pixel(labels, chosen, random.below(counts[chosen]));
}

/// Where a window of `length` starts in `total` pixels so that it holds `anchor`, if there is one.
int random_start(int total, int length, std::optional<int> anchor, Random& random) {
  const int first = anchor ? std::max(0, *anchor - length + 1) : 0;
  const int last = anchor ? std::min(*anchor, total - length) : total - length;
  return first + static_cast<int>(random.below(last - first + 1));
}

double valid_fraction(const cv::Mat& labels) {
  return static_cast<double>(cv::countNonZero(labels != kIgnoreLabel)) / static_cast<double>(labels.total());
}

}  // namespace

void ScaleJitter::apply(Sample& sample, Random& random) const {
  const std::vector<double>& steps = options_.steps;
  const double scale = steps.empty() ? random.uniform(options_.min, options_.max) : steps[static_cast<std::size_t>(random.below(std::ssize(steps)))];
  const auto scaled = [scale](int side) { return std::max<std::int64_t>(1, std::llround(side * scale)); };
  resize(sample, {scaled(sample.image.rows), scaled(sample.image.cols)});
}

void Pad::apply(Sample& sample, Random&) const {
  const int below = std::max(0, static_cast<int>(size_.height) - sample.image.rows);
  const int right = std::max(0, static_cast<int>(size_.width) - sample.image.cols);
  if (below == 0 && right == 0) return;
  const auto grow = [&](cv::Mat& mat, const cv::Scalar& value) {
    cv::Mat grown;
    cv::copyMakeBorder(mat, grown, 0, below, 0, right, cv::BORDER_CONSTANT, value);
    mat = grown;
  };
  grow(sample.image, {static_cast<double>(color_[0]), static_cast<double>(color_[1]), static_cast<double>(color_[2])});
  if (!sample.labels.empty()) grow(sample.labels, cv::Scalar(kIgnoreLabel));
}

cv::Rect RandomCrop::draw(const cv::Mat& labels, cv::Size frame, Random& random) const {
  std::optional<cv::Point> anchor;
  if (!rare_classes_.empty() && !labels.empty() && random.chance(rare_probability_)) anchor = random_rare_pixel(labels, rare_classes_, random);
  const cv::Size window = cv_size(size_);
  cv::Rect best;
  double most = -1.0;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const int x = random_start(frame.width, window.width, anchor ? std::optional(anchor->x) : std::nullopt, random);
    const int y = random_start(frame.height, window.height, anchor ? std::optional(anchor->y) : std::nullopt, random);
    const cv::Rect candidate({x, y}, window);
    if (labels.empty() || min_valid_ <= 0.0) return candidate;
    const double valid = valid_fraction(labels(candidate));
    if (valid >= min_valid_) return candidate;
    if (valid > most) {
      most = valid;
      best = candidate;
    }
  }
  return best;
}

void RandomCrop::apply(Sample& sample, Random& random) const {
  const cv::Rect window = draw(sample.labels, sample.image.size(), random);
  if (window.size() == sample.image.size()) return;
  // Copies, so that a small crop does not keep the large frame in memory.
  sample.image = sample.image(window).clone();
  if (!sample.labels.empty()) sample.labels = sample.labels(window).clone();
}

}  // namespace seg
