#include "predict/overlay.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

#include "data/drawing/picture.hpp"

namespace seg {

namespace {

constexpr double kLegendFullSize = 400.0;  // a legend has scale 1 if the shorter side has at most this many pixels
constexpr int kHeatSteps = 5;              // 100 %, 75 %, ..., 0 %

/// Adds a legend whose size fits the picture.
cv::Mat beside(const cv::Mat& picture, const std::vector<LegendRow>& rows) {
  return with_legend(picture, rows, std::clamp(std::min(picture.rows, picture.cols) / kLegendFullSize, 1.0, 8.0));
}

/// CV_8UC1 -> RGB.
cv::Mat heat_colors(const cv::Mat& values) {
  cv::Mat bgr;
  cv::Mat rgb;
  cv::applyColorMap(values, bgr, cv::COLORMAP_VIRIDIS);
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

}  // namespace

cv::Mat legend_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes) {
  std::vector<LegendRow> rows = legend_rows(labels, classes);
  std::stable_sort(rows.begin(), rows.end(), [](const LegendRow& a, const LegendRow& b) { return a.share.value_or(0.0) > b.share.value_or(0.0); });
  return beside(overlay(image, labels, classes), rows);
}

cv::Mat video_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes) {
  return beside(overlay(image, labels, classes), legend_rows(classes));
}

cv::Mat heat_map(const cv::Mat& probability, const std::string& name) {
  cv::Mat values;
  probability.convertTo(values, CV_8U, 255.0);
  std::vector<LegendRow> rows;
  for (int step = kHeatSteps - 1; step >= 0; --step) {
    const int percent = 100 * step / (kHeatSteps - 1);
    const cv::Mat color = heat_colors(cv::Mat(1, 1, CV_8UC1, cv::Scalar(255.0 * percent / 100.0)));
    const auto& rgb = color.at<cv::Vec3b>(0, 0);
    rows.push_back({(step == kHeatSteps - 1 ? name + " " : "") + std::to_string(percent) + " %", cv::Scalar(rgb[0], rgb[1], rgb[2]), {}});
  }
  return beside(heat_colors(values), rows);
}

}  // namespace seg
