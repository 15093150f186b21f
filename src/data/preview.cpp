#include "data/preview.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/files.hpp"
#include "base/random.hpp"
#include "data/picture.hpp"

namespace seg {
namespace {

constexpr int kLegendWidth = 190;  // pixels at least, so that the pictures of a set are equally wide

cv::Mat preview_of(const Sample& sample, const ClassTable& classes) {
  const int width = sample.image.cols;
  const std::vector<LegendRow> rows = sample.labels.empty() ? std::vector<LegendRow>{} : legend_rows(sample.labels, classes);
  const Size legend = legend_size(rows, 1.0);
  const int height = std::max(sample.image.rows, static_cast<int>(legend.height));
  cv::Mat picture(height, 2 * width + std::max(kLegendWidth, static_cast<int>(legend.width)), CV_8UC3, cv::Scalar::all(255));
  sample.image.copyTo(picture(cv::Rect(0, 0, width, sample.image.rows)));
  overlay(sample.image, sample.labels, classes).copyTo(picture(cv::Rect(width, 0, width, sample.image.rows)));
  draw_legend(picture.colRange(2 * width, picture.cols), rows, 1.0);
  return picture;
}

}  // namespace

std::vector<fs::path> write_preview(const Dataset& dataset, const SampleTransform& transform, std::int64_t count, std::uint64_t seed,
                                    const ClassTable& classes, const fs::path& output_folder) {
  make_directories(output_folder);
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < std::min(count, dataset.size()); ++i) {
    const Sample sample = transform(dataset.get(i), seed_of({seed, 0, static_cast<std::uint64_t>(i)}));
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "%04lld-", static_cast<long long>(i));
    files.push_back(output_folder / (number.data() + safe_file_name(sample.id) + ".png"));
    write_picture(files.back(), preview_of(sample, classes));
  }
  return files;
}

}  // namespace seg
