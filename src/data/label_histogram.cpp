#include "data/label_histogram.hpp"

namespace seg {

LabelHistogram label_histogram(const cv::Mat& labels) {
  LabelHistogram counts{};
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) ++counts[row[x]];
  }
  return counts;
}

}  // namespace seg
