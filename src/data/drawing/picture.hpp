// Images for people: label colours, legends, panels of evaluated images, PNG files.
#pragma once

#include <opencv2/core/mat.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

/// Converts CV_8UC1 train ids to CV_8UC3 RGB; ignored pixels and ids without a class become black.
cv::Mat color_labels(const cv::Mat& labels, const ClassTable& classes);

/// The image with the label colours drawn over it, half transparent; labels of another size are resized first. RGB.
cv::Mat overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

struct LegendRow {
  std::string name;
  cv::Scalar color;             // RGB
  std::optional<double> share;  // of the image's pixels, 0..1
};

/// All classes, by id.
std::vector<LegendRow> legend_rows(const ClassTable& classes);
/// The classes that occur in CV_8UC1 train ids, by id, then the ignored pixels.
std::vector<LegendRow> legend_rows(const cv::Mat& labels, const ClassTable& classes);

/// Adds the legend to the right of a CV_8UC3 RGB picture, on white, at least `least_width` pixels wide; `scale` 1 is for pictures of some hundred
/// pixels.
cv::Mat with_legend(const cv::Mat& picture, const std::vector<LegendRow>& rows, double scale = 1.0, int least_width = 0);

/// One evaluated image, image | truth | prediction | errors, at most kPanelWidth wide each. image CV_8UC3 RGB of any size; truth and predicted
/// CV_8UC1 train ids of one size. "errors" is the image, grey and dark, with wrong pixels in red and ignored pixels in light grey.
inline constexpr int kPanelWidth = 320;
cv::Mat panel_picture(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted, const ClassTable& classes);

/// Encodes CV_8UC3 RGB as a PNG file.
std::string encoded_picture(const cv::Mat& rgb);
/// Writes CV_8UC3 RGB as a whole PNG file or not at all; creates the folder. Throws kStorage.
void write_picture(const std::filesystem::path& path, const cv::Mat& rgb);

}  // namespace seg
