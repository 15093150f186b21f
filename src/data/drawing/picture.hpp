// Pictures for people: label colours, legends, PNG files.
#pragma once

#include <opencv2/core/mat.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/classes.hpp"
#include "base/size.hpp"

namespace seg {

/// CV_8UC1 train ids -> CV_8UC3 RGB; ignored pixels and ids without a class become black.
cv::Mat color_labels(const cv::Mat& labels, const ClassTable& classes);

/// The image with the label colours half transparent over it; labels of another size are resized first. RGB.
cv::Mat overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

struct LegendRow {
  std::string name;
  cv::Scalar color;             // RGB
  std::optional<double> share;  // of the image's pixels, 0..1
};

/// Every class, by id.
std::vector<LegendRow> legend_rows(const ClassTable& classes);
/// The classes seen in CV_8UC1 train ids, by id, then the ignored pixels.
std::vector<LegendRow> legend_rows(const cv::Mat& labels, const ClassTable& classes);

/// What draw_legend needs; `scale` 1 suits pictures of some hundred pixels.
Size legend_size(const std::vector<LegendRow>& rows, double scale);

/// Draws the rows from the top left corner of `target`, CV_8UC3 RGB on a light ground; what does not fit is cut off.
void draw_legend(cv::Mat target, const std::vector<LegendRow>& rows, double scale);

/// CV_8UC3 RGB as the bytes of a PNG file.
std::string encoded_picture(const cv::Mat& rgb);
/// Writes CV_8UC3 RGB as a PNG file, completely or not at all; makes the folder. Throws kStorage.
void write_picture(const std::filesystem::path& path, const cv::Mat& rgb);

}  // namespace seg
