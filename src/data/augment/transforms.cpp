#include "data/augment/transforms.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "data/augment/sample_changes.hpp"
#include "data/label_encoding.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

/// Finds a class by name or, if no class has that name, by train id.
std::uint8_t train_id(const std::string& text, const ClassTable& classes) {
  const auto named = std::ranges::find(classes, text, &ClassInfo::name);
  if (named != classes.end()) return static_cast<std::uint8_t>(named - classes.begin());
  std::size_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && id < classes.size()) return static_cast<std::uint8_t>(id);
  std::string names;
  for (const ClassInfo& known : classes) names += (names.empty() ? "" : ", ") + known.name;
  throw Error(ErrorKind::kConfiguration, "augment.rare_classes: the data set has no class '" + text + "'", "its classes are " + names);
}

/// The mean of the normalisation as an RGB colour, so that padding becomes 0 in the network's input.
cv::Scalar mean_color(const NetworkInput& input) {
  cv::Scalar color;
  for (int c = 0; c < 3; ++c)
    color[c] = cv::saturate_cast<std::uint8_t>(input.mean[static_cast<std::size_t>(input.order == ChannelOrder::kBgr ? 2 - c : c)]);
  return color;
}

/// Resizes the frame by a factor and rounds its sides. The factor is one of `steps`, or uniform in [min, max) if there are no steps.
void scale(Sample& sample, const ScaleOptions& options, Random& random) {
  const std::vector<double>& steps = options.steps;
  const double factor = steps.empty() ? random.uniform(options.min, options.max) : steps[static_cast<std::size_t>(random.below(std::ssize(steps)))];
  const auto scaled = [factor](int side) { return std::max<std::int64_t>(1, std::llround(side * factor)); };
  const Size size{scaled(sample.image.rows), scaled(sample.image.cols)};
  sample.image = resize_image(sample.image, size);
  if (!sample.labels.empty()) sample.labels = resize_labels(sample.labels, size);
}

/// Pads a frame at its right and lower edge to at least `size`: the image with `color` (RGB), the labels with 255.
void pad(Sample& sample, Size size, const cv::Scalar& color) {
  const int below = std::max(0, static_cast<int>(size.height) - sample.image.rows);
  const int right = std::max(0, static_cast<int>(size.width) - sample.image.cols);
  if (below == 0 && right == 0) return;
  const auto grow = [&](cv::Mat& mat, const cv::Scalar& value) {
    cv::Mat grown;
    cv::copyMakeBorder(mat, grown, 0, below, 0, right, cv::BORDER_CONSTANT, value);
    mat = grown;
  };
  grow(sample.image, color);
  if (!sample.labels.empty()) grow(sample.labels, cv::Scalar(kIgnoreLabel));
}

/// The pixel with index `rank`, in reading order, among the pixels with the value `label`; it must exist.
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

/// Start of a window of `length` in `total` pixels; the window contains `anchor`, if there is one.
int random_start(int total, int length, std::optional<int> anchor, Random& random) {
  const int first = anchor ? std::max(0, *anchor - length + 1) : 0;
  const int last = anchor ? std::min(*anchor, total - length) : total - length;
  return first + static_cast<int>(random.below(last - first + 1));
}

double share_of(const cv::Mat& labels, std::uint8_t label) {
  return static_cast<double>(cv::countNonZero(labels == label)) / static_cast<double>(labels.total());
}

double valid_fraction(const cv::Mat& labels) {
  return static_cast<double>(cv::countNonZero(labels != kIgnoreLabel)) / static_cast<double>(labels.total());
}

/// Draws a window uniformly from the frame, which must be at least that large. With options.rare_probability it draws from the windows that contain a
/// random pixel of a random rare class, if the frame has one. Windows with less than options.crop_min_valid labelled pixels are drawn again, at
/// most kTries times; then the window with the most labelled pixels is used.
cv::Rect draw_window(const Sample& sample, cv::Size window, const AugmentOptions& options, const std::vector<std::uint8_t>& rare, Random& random) {
  constexpr int kTries = 10;
  const cv::Mat& labels = sample.labels;
  std::optional<cv::Point> anchor;
  if (!rare.empty() && !labels.empty() && random.chance(options.rare_probability)) anchor = random_rare_pixel(labels, rare, random);
  cv::Rect best;
  double most = -1.0;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const int x = random_start(sample.image.cols, window.width, anchor ? std::optional(anchor->x) : std::nullopt, random);
    const int y = random_start(sample.image.rows, window.height, anchor ? std::optional(anchor->y) : std::nullopt, random);
    const cv::Rect candidate({x, y}, window);
    if (labels.empty() || options.crop_min_valid <= 0.0) return candidate;
    const double valid = valid_fraction(labels(candidate));
    if (valid >= options.crop_min_valid) return candidate;
    if (valid > most) {
      most = valid;
      best = candidate;
    }
  }
  return best;
}

/// Like draw_window. If the sample was drawn for a class, repeats at most kRedraws times, until the window contains enough of it; then uses the last.
cv::Rect draw_wanted_window(const Sample& sample, cv::Size size, const AugmentOptions& options, const std::vector<std::uint8_t>& rare,
                            Random& random) {
  constexpr int kRedraws = 10;
  cv::Rect window = draw_window(sample, size, options, rare, random);
  if (!sample.wanted || sample.labels.empty()) return window;
  for (int again = 0; again < kRedraws && share_of(sample.labels(window), sample.wanted->label) < sample.wanted->share; ++again)
    window = draw_window(sample, size, options, rare, random);
  return window;
}

void crop(Sample& sample, const cv::Rect& window) {
  if (window.size() == sample.image.size()) return;
  // Copied, so that a small crop does not keep the large frame in memory.
  sample.image = sample.image(window).clone();
  if (!sample.labels.empty()) sample.labels = sample.labels(window).clone();
}

}  // namespace

AugmentDevice resolve_augment_device(AugmentDevice asked, torch::Device network) {
  if (asked != AugmentDevice::kAuto) return asked;
  return network.is_cuda() ? AugmentDevice::kGpu : AugmentDevice::kCpu;
}

SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input,
                                   AugmentDevice device) {
  check(input);
  if (options.scale.min > options.scale.max) {
    throw Error(ErrorKind::kConfiguration, "augment.scale: min is larger than max", "swap them");
  }
  std::vector<std::uint8_t> rare;
  for (const std::string& text : options.rare_classes) rare.push_back(train_id(text, classes));
  if (options.crop && (size.height <= 0 || size.width <= 0)) {
    throw Error(ErrorKind::kConfiguration, "data.size " + to_string(size) + " is not a size of the network's input", "use [height, width] in pixels");
  }
  return [options, size, rare, padding = mean_color(input), device](Sample sample, std::uint64_t seed) {
    Random random(seed);
    if (options.crop) {
      scale(sample, options.scale, random);
      pad(sample, size, padding);
      crop(sample, draw_wanted_window(sample, cv_size(size), options, rare, random));
    }
    sample.changes = draw_changes(options, random);
    if (device != AugmentDevice::kGpu) make_changes(sample);
    return sample;
  };
}

}  // namespace seg
