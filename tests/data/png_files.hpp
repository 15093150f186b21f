// Writes small PNG files of every kind, so that tests know each stored value.
#pragma once

#include <opencv2/core/mat.hpp>
#include <spng.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/support.hpp"

namespace seg::test {

using Palette = std::vector<std::array<std::uint8_t, 3>>;

struct PngKind {
  int bit_depth = 8;
  int color_type = SPNG_COLOR_TYPE_GRAYSCALE;
  Palette palette = {};
  bool interlaced = false;
};

/// The values as PNG rows; below 8 bit several share a byte.
inline std::vector<std::uint8_t> png_rows(const cv::Mat& values, int bit_depth) {
  const std::size_t row_bytes =
      bit_depth < 8 ? (static_cast<std::size_t>(values.cols * bit_depth) + 7) / 8 : static_cast<std::size_t>(values.cols) * values.elemSize();
  std::vector<std::uint8_t> rows(row_bytes * static_cast<std::size_t>(values.rows), 0);
  for (int y = 0; y < values.rows; ++y) {
    std::uint8_t* row = rows.data() + row_bytes * static_cast<std::size_t>(y);
    if (bit_depth >= 8) std::copy_n(values.ptr<std::uint8_t>(y), row_bytes, row);
    for (int x = 0; bit_depth < 8 && x < values.cols; ++x) {
      const int bit = x * bit_depth;
      row[bit / 8] = static_cast<std::uint8_t>(row[bit / 8] | values.at<std::uint8_t>(y, x) << (8 - bit_depth - bit % 8));
    }
  }
  return rows;
}

inline std::string png_bytes(const cv::Mat& values, const PngKind& kind = {}) {
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> context(spng_ctx_new(SPNG_CTX_ENCODER), &spng_ctx_free);
  spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(values.cols);
  header.height = static_cast<std::uint32_t>(values.rows);
  header.bit_depth = static_cast<std::uint8_t>(kind.bit_depth);
  header.color_type = static_cast<std::uint8_t>(kind.color_type);
  header.interlace_method = kind.interlaced ? SPNG_INTERLACE_ADAM7 : SPNG_INTERLACE_NONE;
  spng_set_ihdr(context.get(), &header);
  if (!kind.palette.empty()) {
    spng_plte plte{};
    for (const auto& color : kind.palette) plte.entries[plte.n_entries++] = {color[0], color[1], color[2], 255};
    spng_set_plte(context.get(), &plte);
  }
  const std::vector<std::uint8_t> rows = png_rows(values, kind.bit_depth);
  int error = spng_encode_image(context.get(), rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  std::size_t bytes = 0;
  const std::unique_ptr<void, decltype(&free)> png(error == 0 ? spng_get_png_buffer(context.get(), &bytes, &error) : nullptr, &free);
  if (error != 0) throw std::runtime_error(spng_strerror(error));
  return {static_cast<const char*>(png.get()), bytes};
}

inline void write_png(const std::filesystem::path& path, const cv::Mat& values, const PngKind& kind = {}) {
  write_text(path, png_bytes(values, kind));
}

/// An RGB image of one color.
inline void write_image(const std::filesystem::path& path, int height, int width) {
  write_png(path, cv::Mat(height, width, CV_8UC3, cv::Scalar(10, 20, 30)), {.color_type = SPNG_COLOR_TYPE_TRUECOLOR});
}

/// 8-bit grey labels of one value.
inline void write_labels(const std::filesystem::path& path, int height, int width, int value) {
  write_png(path, cv::Mat(height, width, CV_8UC1, cv::Scalar(value)));
}

/// Labels as SYNTHIA stores them: 16-bit RGB, red = class, green = instance.
inline void write_synthia_labels(const std::filesystem::path& path, int height, int width, int value) {
  write_png(path, cv::Mat(height, width, CV_16UC3, cv::Scalar(value, 7, 0)), {.bit_depth = 16, .color_type = SPNG_COLOR_TYPE_TRUECOLOR});
}

}  // namespace seg::test
