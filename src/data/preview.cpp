#include "data/preview.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "data/geometry.hpp"

namespace seg {
namespace {

// Legend, in pixels.
constexpr int kLegendWidth = 190;
constexpr int kRowHeight = 18;
constexpr int kSwatch = 12;
constexpr int kMargin = 6;

struct LegendRow {
  std::string name;
  cv::Scalar color;  // RGB
  double share = 0.0;
};

/// The classes seen, by id, then the ignored pixels.
std::vector<LegendRow> legend_rows(const cv::Mat& labels, const ClassTable& classes) {
  const std::array<std::int64_t, 256> counts = label_counts(labels);
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

void draw_legend(cv::Mat target, const std::vector<LegendRow>& rows) {
  int y = kMargin;
  for (const LegendRow& row : rows) {
    std::array<char, 16> share{};
    std::snprintf(share.data(), share.size(), " %.2f %%", 100.0 * row.share);
    cv::rectangle(target, cv::Rect(kMargin, y, kSwatch, kSwatch), row.color, cv::FILLED);
    cv::putText(target, row.name + share.data(), {2 * kMargin + kSwatch, y + kSwatch - 2}, cv::FONT_HERSHEY_SIMPLEX, 0.38, cv::Scalar(0, 0, 0), 1,
                cv::LINE_AA);
    y += kRowHeight;
  }
}

cv::Mat preview_of(const Sample& sample, const ClassTable& classes) {
  const int width = sample.image.cols;
  const std::vector<LegendRow> rows = sample.labels.empty() ? std::vector<LegendRow>{} : legend_rows(sample.labels, classes);
  const int height = std::max(sample.image.rows, static_cast<int>(rows.size()) * kRowHeight + kMargin);
  cv::Mat picture(height, 2 * width + kLegendWidth, CV_8UC3, cv::Scalar::all(255));
  sample.image.copyTo(picture(cv::Rect(0, 0, width, sample.image.rows)));
  overlay(sample.image, sample.labels, classes).copyTo(picture(cv::Rect(width, 0, width, sample.image.rows)));
  draw_legend(picture(cv::Rect(2 * width, 0, kLegendWidth, height)), rows);
  return picture;
}

void write_rgb(const fs::path& path, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", bgr, bytes)) throw Error(ErrorKind::kInternal, "cannot encode " + path.string());
  write_file_atomic(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
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

std::vector<fs::path> write_preview(const Dataset& dataset, const SampleTransform& transform, std::int64_t count, std::uint64_t seed,
                                    const ClassTable& classes, const fs::path& output_folder) {
  make_directories(output_folder);
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < std::min(count, dataset.size()); ++i) {
    const Sample sample = transform(dataset.get(i), seed_of({seed, 0, static_cast<std::uint64_t>(i)}));
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "%04lld-", static_cast<long long>(i));
    files.push_back(output_folder / (number.data() + safe_file_name(sample.id) + ".png"));
    write_rgb(files.back(), preview_of(sample, classes));
  }
  return files;
}

}  // namespace seg
