// The picture of one evaluated image: image | truth | prediction | errors.
#pragma once

#include <opencv2/core/mat.hpp>

#include "base/classes.hpp"

namespace seg {

/// The four pictures side by side, at most kPanelWidth wide each. image CV_8UC3 RGB of any size; truth and predicted CV_8UC1 train ids
/// of one size. The last one is the image, grey and dark, with wrong pixels red and ignored ones light grey.
inline constexpr int kPanelWidth = 320;
cv::Mat panel_picture(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted, const ClassTable& classes);

}  // namespace seg
