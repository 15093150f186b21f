#include "engine/evaluation/boundary.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

#include "base/classes.hpp"

namespace seg {

namespace {

cv::Mat image_over(const torch::Tensor& plane) {
  return {static_cast<int>(plane.size(0)), static_cast<int>(plane.size(1)), CV_8UC1, plane.data_ptr()};
}

/// 255 where a pixel is further than d from every other label and from the edge. `labels` is 255 where it is ignored, as `ignored` says.
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

std::int64_t boundary_width(std::int64_t height, std::int64_t width) {
  return std::max<std::int64_t>(1, std::llrint(0.02 * std::hypot(static_cast<double>(height), static_cast<double>(width))));
}

void BoundaryCounts::add(const torch::Tensor& predicted, const torch::Tensor& labels) {
  const torch::Tensor truth_pixels = labels.contiguous(), predicted_pixels = predicted.contiguous();
  const cv::Mat truth = image_over(truth_pixels), ignored = truth == kIgnoreLabel;
  cv::Mat found = image_over(predicted_pixels).clone();
  const auto none = static_cast<int>(counts_.size());
  if (none < kIgnoreLabel) found.setTo(none, found == kIgnoreLabel);
  found.setTo(kIgnoreLabel, ignored);
  const int d = static_cast<int>(boundary_width(truth.rows, truth.cols));
  const cv::Mat truth_inside = interior_of(truth, ignored, d), found_inside = interior_of(found, ignored, d);
  for (int y = 0; y < truth.rows; ++y) {
    const auto *t = truth.ptr<std::uint8_t>(y), *p = found.ptr<std::uint8_t>(y);
    const auto *t_inside = truth_inside.ptr<std::uint8_t>(y), *p_inside = found_inside.ptr<std::uint8_t>(y);
    for (int x = 0; x < truth.cols; ++x) {
      if (t[x] == kIgnoreLabel || (t_inside[x] && p_inside[x])) continue;
      if (!t_inside[x]) ++counts_[t[x]].truth;
      if (!p_inside[x] && p[x] < none) ++counts_[p[x]].predicted;
      if (!t_inside[x] && !p_inside[x] && t[x] == p[x]) ++counts_[t[x]].both;
    }
  }
}

}  // namespace seg
