#include "data/drawing/picture.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/panel_layout.hpp"
#include "data/label_encoding.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

const cv::Scalar kWrong(255, 32, 64);
const cv::Scalar kIgnored = cv::Scalar::all(170);
const cv::Scalar kGap = cv::Scalar::all(128);
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

cv::Scalar color_of(const ClassInfo& info) { return cv::Scalar(info.color[0], info.color[1], info.color[2]); }

}  // namespace

cv::Mat color_labels(const cv::Mat& labels, const ClassTable& classes) {
  cv::Mat table(1, 256, CV_8UC3, cv::Scalar::all(0));
  for (std::size_t c = 0; c < classes.size(); ++c) table.col(static_cast<int>(c)).setTo(color_of(classes[c]));
  cv::Mat repeated;
  cv::cvtColor(labels, repeated, cv::COLOR_GRAY2RGB);
  cv::Mat colors;
  cv::LUT(repeated, table, colors);
  return colors;
}

cv::Mat overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes) {
  if (labels.empty()) return image;
  const cv::Mat colors = color_labels(resize_labels(labels, size_of(image)), classes);
  cv::Mat blended;
  cv::addWeighted(image, 0.5, colors, 0.5, 0.0, blended);
  return blended;
}

std::vector<LegendRow> legend_rows(const ClassTable& classes) {
  std::vector<LegendRow> rows;
  for (const ClassInfo& info : classes) rows.push_back({info.name, color_of(info), {}});
  return rows;
}

std::vector<LegendRow> legend_rows(const cv::Mat& labels, const ClassTable& classes) {
  const LabelHistogram counts = label_histogram(labels);
  const auto total = static_cast<double>(labels.total());
  std::vector<LegendRow> rows;
  double named = 0.0;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const double share = static_cast<double>(counts[c]) / total;
    if (counts[c] > 0) rows.push_back({classes[c].name, color_of(classes[c]), share});
    named += share;
  }
  if (named < 1.0 - 0.5 / total) rows.push_back({"ignored", cv::Scalar(0, 0, 0), 1.0 - named});
  return rows;
}

cv::Mat with_legend(const cv::Mat& picture, const std::vector<LegendRow>& rows, double scale, int least_width) {
  const auto pixels = [scale](double length) { return static_cast<int>(std::lround(length * scale)); };
  const int row_height = pixels(18), swatch = pixels(12), margin = pixels(6), stroke = std::max(1, pixels(0.7));
  const double font = 0.38 * scale;
  constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  std::vector<std::string> texts;
  int text_width = 0;
  for (const LegendRow& row : rows) {
    texts.push_back(row.share ? fmt::format("{} {:.2f} %", row.name, 100.0 * *row.share) : row.name);
    text_width = std::max(text_width, cv::getTextSize(texts.back(), kFont, font, stroke, nullptr).width);
  }
  const int height = static_cast<int>(rows.size()) * row_height + margin;
  const int width = std::max(least_width, 3 * margin + swatch + text_width);
  cv::Mat whole(std::max(picture.rows, height), picture.cols + width, CV_8UC3, cv::Scalar::all(255));
  picture.copyTo(whole(cv::Rect(0, 0, picture.cols, picture.rows)));
  const int left = picture.cols + margin;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int y = margin + static_cast<int>(i) * row_height;
    cv::rectangle(whole, cv::Rect(left, y, swatch, swatch), rows[i].color, cv::FILLED);
    cv::putText(whole, texts[i], {left + margin + swatch, y + swatch - static_cast<int>(2 * scale)}, kFont, font, cv::Scalar(0, 0, 0), stroke,
                cv::LINE_AA);
  }
  return whole;
}

cv::Mat panel_picture(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted, const ClassTable& classes) {
  const cv::Mat shown = resize_image(image, size_of(truth));
  const int width = std::min(kPanelWidth, truth.cols);
  const int height = std::max(1, static_cast<int>(std::int64_t{truth.rows} * width / truth.cols));
  const cv::Mat parts[kPanelParts] = {shown, color_labels(truth, classes), color_labels(predicted, classes), errors_over(shown, truth, predicted)};
  cv::Mat picture(height, kPanelParts * width + (kPanelParts - 1) * kPanelGap, CV_8UC3, kGap);
  int left = 0;
  for (const cv::Mat& part : parts) {
    // Averaged after drawing, so that thin objects fade instead of vanishing.
    cv::resize(part, picture(cv::Rect(left, 0, width, height)), {width, height}, 0, 0, cv::INTER_AREA);
    left += width + kPanelGap;
  }
  return picture;
}

std::string encoded_picture(const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", bgr, bytes)) throw Error(ErrorKind::kInternal, "an image cannot be encoded as PNG");
  return {bytes.begin(), bytes.end()};
}

void write_picture(const std::filesystem::path& path, const cv::Mat& rgb) {
  make_directories(path.parent_path());
  write_file_atomic(path, encoded_picture(rgb));
}

}  // namespace seg
