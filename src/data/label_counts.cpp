#include "data/label_counts.hpp"

namespace seg {

LabelCounts label_counts(const cv::Mat& labels) {
  LabelCounts counts{};
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) ++counts[row[x]];
  }
  return counts;
}

}  // namespace seg
