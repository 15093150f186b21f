#include "data/drawing/panel_picture.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>

#include "data/drawing/picture.hpp"
#include "data/resize.hpp"

namespace seg {

namespace {

const cv::Scalar kWrong(255, 32, 64);
const cv::Scalar kIgnored = cv::Scalar::all(170);
const cv::Scalar kGap = cv::Scalar::all(128);
constexpr int kGapWidth = 4;
constexpr double kDimmed = 0.45;

cv::Mat errors_over(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted) {
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
  cv::Mat picture;
  cv::cvtColor(grey * kDimmed, picture, cv::COLOR_GRAY2RGB);
  picture.setTo(kWrong, predicted != truth);
  picture.setTo(kIgnored, truth == kIgnoreLabel);
  return picture;
}

}  // namespace

cv::Mat panel_picture(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted, const ClassTable& classes) {
  const cv::Mat shown = resize_image(image, size_of(truth));
  const int width = std::min(kPanelWidth, truth.cols);
  const int height = std::max(1, static_cast<int>(std::int64_t{truth.rows} * width / truth.cols));
  const cv::Mat parts[] = {shown, color_labels(truth, classes), color_labels(predicted, classes), errors_over(shown, truth, predicted)};
  cv::Mat picture(height, 4 * width + 3 * kGapWidth, CV_8UC3, kGap);
  int left = 0;
  for (const cv::Mat& part : parts) {
    // Averaged after drawing, so that what is thin fades instead of vanishing.
    cv::resize(part, picture(cv::Rect(left, 0, width, height)), {width, height}, 0, 0, cv::INTER_AREA);
    left += width + kGapWidth;
  }
  return picture;
}

}  // namespace seg
