// Resizes frames: for the network's input, and wherever else an image changes its size.
//
// Resizing uses half-pixel centres, source = (target + 0.5) * source_size / target_size - 0.5, for images (bilinear; area average
// if neither side grows) and for labels (the source pixel that contains that point), so that both stay aligned and labels keep their values.
#pragma once

#include <opencv2/core/mat.hpp>

#include "base/size.hpp"

namespace seg {

inline Size size_of(const cv::Mat& image) { return {image.rows, image.cols}; }
inline cv::Size cv_size(const Size& size) { return {static_cast<int>(size.width), static_cast<int>(size.height)}; }

/// CV_8UC3 to CV_8UC3. Returns the same pixels if they already have this size, or if it is 0x0.
cv::Mat resize_image(const cv::Mat& image, Size size);
/// The same for CV_8UC1 labels; adds no new values.
cv::Mat resize_labels(const cv::Mat& labels, Size size);

}  // namespace seg
