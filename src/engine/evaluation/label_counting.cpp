#include "engine/evaluation/label_counting.hpp"

#include <ATen/ATen.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "base/classes.hpp"
#include "base/error.hpp"
#include "ops/label_counts.hpp"
#include "predict/predictions.hpp"

namespace seg {

namespace {

constexpr std::int64_t kValues = 256;

/// [label * 256 + predicted]. Counted on the host for every device: copying bytes is fast, and the count is exact and deterministic.
std::vector<std::int64_t> count_pairs(const torch::Tensor& predicted, const torch::Tensor& labels) {
  const torch::Tensor host_predicted = predicted.cpu().contiguous();
  const torch::Tensor host_labels = labels.cpu().contiguous();
  const std::uint8_t* p = host_predicted.data_ptr<std::uint8_t>();
  const std::uint8_t* y = host_labels.data_ptr<std::uint8_t>();
  std::vector<std::int64_t> pairs(kValues * kValues, 0);
  const std::int64_t pixels = host_labels.numel();
  for (std::int64_t i = 0; i < pixels; ++i) ++pairs[y[i] * kValues + p[i]];
  return pairs;
}

void check_range(const std::vector<std::int64_t>& pairs, std::int64_t classes) {
  for (std::int64_t truth = 0; truth < kIgnoreLabel; ++truth) {
    for (std::int64_t predicted = 0; predicted < kValues; ++predicted) {
      if (pairs[truth * kValues + predicted] == 0) continue;
      if (truth >= classes) {
        throw Error(ErrorKind::kData, "label " + std::to_string(truth) + " found, but there are " + std::to_string(classes) + " classes",
                    "labels are 0 .. " + std::to_string(classes - 1) + ", or 255 for ignored pixels; segdata check names the file");
      }
      if (predicted >= classes && predicted != kIgnoreLabel) {
        throw Error(ErrorKind::kInternal, "class " + std::to_string(predicted) + " predicted, but there are " + std::to_string(classes) + " classes");
      }
    }
  }
}

/// 255 where a pixel is further than d from every other label and from the edge. `labels` is 255 at the pixels that `ignored` marks.
cv::Mat interior_of(const cv::Mat& labels, const cv::Mat& ignored, int d) {
  const cv::Mat square = cv::Mat::ones(2 * d + 1, 2 * d + 1, CV_8U);
  cv::Mat lowest, highest, inside = cv::Mat::zeros(labels.size(), CV_8U);
  cv::erode(labels, lowest, square);  // 255 is never the lowest
  cv::Mat without = labels.clone();
  without.setTo(0, ignored);  // and 0 never the highest
  cv::dilate(without, highest, square);
  if (labels.rows > 2 * d && labels.cols > 2 * d) {
    const cv::Rect middle(d, d, labels.cols - 2 * d, labels.rows - 2 * d);
    cv::compare(lowest(middle), highest(middle), inside(middle), cv::CMP_EQ);
  }
  return inside;
}

}  // namespace

ConfusionTable empty_confusion(std::int64_t classes) {
  if (classes < 1 || classes > kMaxClasses) throw Error(ErrorKind::kInternal, "a confusion matrix of " + std::to_string(classes) + " classes");
  return {classes, std::vector<std::int64_t>(static_cast<std::size_t>(classes * (classes + 1)), 0)};
}

ConfusionTable confusion_of(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes) {
  ConfusionTable table = empty_confusion(classes);
  if (predicted.scalar_type() != torch::kUInt8 || labels.scalar_type() != torch::kUInt8 || predicted.sizes() != labels.sizes()) {
    throw Error(ErrorKind::kInternal, "predictions and labels must be uint8 tensors of one shape");
  }
  const std::vector<std::int64_t> pairs = count_pairs(predicted, labels);
  check_range(pairs, classes);
  for (std::int64_t truth = 0; truth < classes; ++truth) {
    const std::int64_t* from = pairs.data() + truth * kValues;
    std::int64_t* to = table.counts.data() + truth * (classes + 1);
    std::copy(from, from + classes, to);
    to[classes] = from[kIgnoreLabel];
  }
  return table;
}

void add(ConfusionTable& sums, const ConfusionTable& counts) {
  if (counts.classes != sums.classes) throw Error(ErrorKind::kInternal, "confusion matrices of different size");
  std::ranges::transform(counts.counts, sums.counts, sums.counts.begin(), std::plus<>());
}

std::int64_t boundary_width(std::int64_t height, std::int64_t width) {
  return std::max<std::int64_t>(1, std::llrint(0.02 * std::hypot(static_cast<double>(height), static_cast<double>(width))));
}

std::vector<ClassPixels> boundary_counts(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes) {
  std::vector<ClassPixels> counts(static_cast<std::size_t>(classes));
  const torch::Tensor truth_pixels = labels.contiguous(), predicted_pixels = predicted.contiguous();
  const cv::Mat truth = image_over(truth_pixels), ignored = truth == kIgnoreLabel;
  cv::Mat found = image_over(predicted_pixels).clone();
  const auto none = static_cast<int>(classes);
  if (none < kIgnoreLabel) found.setTo(none, found == kIgnoreLabel);
  found.setTo(kIgnoreLabel, ignored);
  const int d = static_cast<int>(boundary_width(truth.rows, truth.cols));
  const cv::Mat truth_inside = interior_of(truth, ignored, d), found_inside = interior_of(found, ignored, d);
  for (int y = 0; y < truth.rows; ++y) {
    const auto *t = truth.ptr<std::uint8_t>(y), *p = found.ptr<std::uint8_t>(y);
    const auto *t_inside = truth_inside.ptr<std::uint8_t>(y), *p_inside = found_inside.ptr<std::uint8_t>(y);
    for (int x = 0; x < truth.cols; ++x) {
      if (t[x] == kIgnoreLabel || (t_inside[x] && p_inside[x])) continue;
      if (!t_inside[x]) ++counts[t[x]].truth;
      if (!p_inside[x] && p[x] < none) ++counts[p[x]].predicted;
      if (!t_inside[x] && !p_inside[x] && t[x] == p[x]) ++counts[t[x]].both;
    }
  }
  return counts;
}

LabelCounting::LabelCounting(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, Of of)
    : predicted_(predicted), truth_(truth), classes_(classes), of_(of) {
  const std::int64_t width = of == Of::kAll ? boundary_width(truth.size(0), truth.size(1)) : 0;
  const torch::Tensor counts = label_counts(predicted, truth, classes, width);
  if (counts.numel() > 0) {
    copy_ = HostCopy(counts);
    return;
  }
  counts_ = count_here();
  predicted_.reset();
  truth_.reset();
}

LabelCounts LabelCounting::count_here() const {
  const torch::Tensor predicted = predicted_.cpu(), truth = truth_.cpu();
  LabelCounts counts{confusion_of(predicted, truth, classes_), {}};
  if (of_ == Of::kAll) counts.boundary = boundary_counts(predicted, truth, classes_);
  return counts;
}

LabelCounts LabelCounting::get() const {
  if (!predicted_.defined()) return counts_;
  const auto counts = read_counts(copy_.wait().data_ptr<std::int64_t>(), classes_, of_);
  return counts ? *counts : count_here();  // throws, and names the label
}

std::optional<LabelCounts> read_counts(const std::int64_t* row, std::int64_t classes, LabelCounting::Of of) {
  LabelCounts counts{{classes, {}}, {}};
  bool foreign = false;
  for (std::int64_t truth = 0; truth <= classes; ++truth, row += classes + 2) {
    foreign = foreign || row[classes + 1] != 0 || (truth == classes && std::any_of(row, row + classes + 1, [](std::int64_t n) { return n != 0; }));
    if (truth < classes) counts.confusion.counts.insert(counts.confusion.counts.end(), row, row + classes + 1);
  }
  if (foreign) return std::nullopt;
  for (std::int64_t c = 0; of == LabelCounting::Of::kAll && c < classes; ++c)
    counts.boundary.push_back({row[c], row[classes + c], row[2 * classes + c]});
  return counts;
}

}  // namespace seg
