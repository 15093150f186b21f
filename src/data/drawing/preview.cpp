#include "data/drawing/preview.hpp"

#include <opencv2/imgproc.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/files.hpp"
#include "base/random.hpp"
#include "data/drawing/picture.hpp"
#include "data/sampling.hpp"

namespace seg {
namespace {

constexpr int kTileWidth = 240;  // pixels; width of each of the two pictures of a sample in the sheet
constexpr int kCaptionHeight = 18;
constexpr int kSheetGap = 6;
constexpr int kLegendWidth = 190;  // minimum in pixels, so that all pictures of a data set are equally wide

cv::Mat preview_of(const Sample& sample, const ClassTable& classes) {
  cv::Mat both;
  cv::hconcat(sample.image, overlay(sample.image, sample.labels, classes), both);
  return with_legend(both, sample.labels.empty() ? std::vector<LegendRow>{} : legend_rows(sample.labels, classes), 1.0, kLegendWidth);
}

/// A small image and its overlay side by side, with the id below.
cv::Mat sheet_tile(const Sample& sample, const ClassTable& classes) {
  const int height = std::max(1, sample.image.rows * kTileWidth / sample.image.cols);
  cv::Mat tile(height + kCaptionHeight, 2 * kTileWidth, CV_8UC3, cv::Scalar::all(255));
  const cv::Mat parts[] = {sample.image, overlay(sample.image, sample.labels, classes)};
  for (int i = 0; i < 2; ++i) cv::resize(parts[i], tile(cv::Rect(i * kTileWidth, 0, kTileWidth, height)), {kTileWidth, height}, 0, 0, cv::INTER_AREA);
  cv::putText(tile, sample.id, {0, tile.rows - 5}, cv::FONT_HERSHEY_SIMPLEX, 0.38, cv::Scalar::all(60), 1, cv::LINE_AA);
  return tile;
}

/// A grid of tiles, about as wide as high, with the legend to its right.
cv::Mat sheet_of(const std::vector<cv::Mat>& tiles, const ClassTable& classes) {
  int tile_height = 0;
  for (const cv::Mat& tile : tiles) tile_height = std::max(tile_height, tile.rows);
  const auto count = static_cast<double>(tiles.size());
  const int columns = std::max(1, static_cast<int>(std::lround(std::sqrt(count * tile_height / (2 * kTileWidth)))));
  const int lines = static_cast<int>(std::ceil(count / columns));
  const int step = 2 * kTileWidth + kSheetGap;
  cv::Mat sheet(lines * (tile_height + kSheetGap), columns * step, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < static_cast<int>(tiles.size()); ++i) {
    const cv::Mat& tile = tiles[static_cast<std::size_t>(i)];
    tile.copyTo(sheet(cv::Rect(i % columns * step, i / columns * (tile_height + kSheetGap), tile.cols, tile.rows)));
  }
  return with_legend(sheet, legend_rows(classes));
}

}  // namespace

std::vector<fs::path> write_preview(const Dataset& dataset, const SampleTransform& transform, std::int64_t count, std::uint64_t seed,
                                    const fs::path& output_folder, const RareClassSampling* sampling) {
  make_directories(output_folder);
  std::vector<fs::path> files;
  std::vector<cv::Mat> tiles;
  for (std::int64_t i = 0; i < std::min(count, dataset.size()); ++i) {
    const std::uint64_t place_seed = seed_of({seed, 0, static_cast<std::uint64_t>(i)});  // also the seed of the transform
    const Draw draw = sampling != nullptr ? sampling->draw(place_seed, i) : Draw{i, static_cast<std::uint64_t>(i)};
    Sample sample = dataset.get(draw.index);
    sample.wanted = draw.wanted;
    sample = transform(std::move(sample), place_seed);
    files.push_back(output_folder / fmt::format("{:04}-{}.png", i, safe_file_name(sample.id)));
    write_picture(files.back(), preview_of(sample, dataset.classes()));
    if (i < kSheetSamples) tiles.push_back(sheet_tile(sample, dataset.classes()));
  }
  if (tiles.empty()) return files;
  files.push_back(output_folder / "sheet.png");
  write_picture(files.back(), sheet_of(tiles, dataset.classes()));
  return files;
}

}  // namespace seg
