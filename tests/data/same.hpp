// Whether two images hold the same pixels.
#pragma once

#include <opencv2/core.hpp>

#include <cstring>

#include "data/sample.hpp"

namespace seg::test {

inline bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.type() == b.type() && a.size() == b.size() && std::memcmp(a.data, b.data, a.total() * a.elemSize()) == 0;
}

inline bool same(const Sample& a, const Sample& b) { return same(a.image, b.image) && same(a.labels, b.labels); }

}  // namespace seg::test
