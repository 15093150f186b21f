#include "data/drawing/picture.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/label_encoding.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

constexpr int kLegendFont = cv::FONT_HERSHEY_SIMPLEX;

/// Sizes of a legend in pixels.
struct LegendLayout {
  explicit LegendLayout(double scale)
      : row(pixels(18, scale)), swatch(pixels(12, scale)), margin(pixels(6, scale)), font(0.38 * scale), stroke(std::max(1, pixels(0.7, scale))) {}

  static int pixels(double length, double scale) { return static_cast<int>(std::lround(length * scale)); }

  int row, swatch, margin;
  double font;
  int stroke;
};

std::string legend_text(const LegendRow& row) {
  if (!row.share) return row.name;
  std::array<char, 16> share{};
  std::snprintf(share.data(), share.size(), " %.2f %%", 100.0 * *row.share);
  return row.name + share.data();
}

}  // namespace

cv::Mat color_labels(const cv::Mat& labels, const ClassTable& classes) {
  cv::Mat table(1, 256, CV_8UC3, cv::Scalar::all(0));
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& [red, green, blue] = classes[c].color;
    table.at<cv::Vec3b>(0, static_cast<int>(c)) = {red, green, blue};
  }
  cv::Mat repeated;
  cv::cvtColor(labels, repeated, cv::COLOR_GRAY2RGB);
  cv::Mat colors;
  cv::LUT(repeated, table, colors);
  return colors;
}

cv::Mat overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes) {
  if (labels.empty()) return image;
  const cv::Mat colors = color_labels(resize_labels(labels, {image.rows, image.cols}), classes);
  cv::Mat blended;
  cv::addWeighted(image, 0.5, colors, 0.5, 0.0, blended);
  return blended;
}

std::vector<LegendRow> legend_rows(const ClassTable& classes) {
  std::vector<LegendRow> rows;
  for (const ClassInfo& info : classes) rows.push_back({info.name, cv::Scalar(info.color[0], info.color[1], info.color[2]), {}});
  return rows;
}

std::vector<LegendRow> legend_rows(const cv::Mat& labels, const ClassTable& classes) {
  const LabelHistogram counts = label_histogram(labels);
  const auto total = static_cast<double>(labels.total());
  std::vector<LegendRow> rows;
  double named = 0.0;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& [red, green, blue] = classes[c].color;
    const double share = static_cast<double>(counts[c]) / total;
    if (counts[c] > 0) rows.push_back({classes[c].name, cv::Scalar(red, green, blue), share});
    named += share;
  }
  if (named < 1.0 - 0.5 / total) rows.push_back({"ignored", cv::Scalar(0, 0, 0), 1.0 - named});
  return rows;
}

Size legend_size(const std::vector<LegendRow>& rows, double scale) {
  const LegendLayout layout(scale);
  int text = 0;
  for (const LegendRow& row : rows) text = std::max(text, cv::getTextSize(legend_text(row), kLegendFont, layout.font, layout.stroke, nullptr).width);
  return {static_cast<std::int64_t>(rows.size()) * layout.row + layout.margin, 3 * layout.margin + layout.swatch + text};
}

void draw_legend(cv::Mat target, const std::vector<LegendRow>& rows, double scale) {
  const LegendLayout layout(scale);
  int y = layout.margin;
  for (const LegendRow& row : rows) {
    const cv::Rect swatch(layout.margin, y, layout.swatch, layout.swatch);
    cv::rectangle(target, swatch, row.color, cv::FILLED);
    cv::putText(target, legend_text(row), {2 * layout.margin + layout.swatch, y + layout.swatch - static_cast<int>(2 * scale)}, kLegendFont,
                layout.font, cv::Scalar(0, 0, 0), layout.stroke, cv::LINE_AA);
    y += layout.row;
  }
}

std::string encoded_picture(const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", bgr, bytes)) throw Error(ErrorKind::kInternal, "a picture cannot be encoded as PNG");
  return {bytes.begin(), bytes.end()};
}

void write_picture(const std::filesystem::path& path, const cv::Mat& rgb) {
  make_directories(path.parent_path());
  write_file_atomic(path, encoded_picture(rgb));
}

}  // namespace seg
