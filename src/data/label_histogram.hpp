// How many pixels of each value a label image has.
#pragma once

#include <opencv2/core/mat.hpp>

#include <array>
#include <cstdint>

namespace seg {

using LabelHistogram = std::array<std::int64_t, 256>;

/// Of CV_8UC1 labels.
LabelHistogram label_histogram(const cv::Mat& labels);

}  // namespace seg
