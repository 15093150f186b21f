// Frames at another size: how the data set makes the size that the network sees, and whoever else changes a picture's size.
//
// Sizes change with half-pixel centres, source = (target + 0.5) * source_size / target_size - 0.5, for images (bilinear; area average
// where neither side grows) and for labels (the source pixel that holds that point), so both stay aligned and labels keep their values.
#pragma once

#include <opencv2/core/mat.hpp>

#include "base/size.hpp"

namespace seg {

inline Size size_of(const cv::Mat& image) { return {image.rows, image.cols}; }
inline cv::Size cv_size(const Size& size) { return {static_cast<int>(size.width), static_cast<int>(size.height)}; }

/// CV_8UC3 in, CV_8UC3 out. Returns the same pixels where the size is right already, or 0x0.
cv::Mat resize_image(const cv::Mat& image, Size size);
/// CV_8UC1 in, CV_8UC1 out with no value that was not there before; likewise.
cv::Mat resize_labels(const cv::Mat& labels, Size size);

}  // namespace seg
