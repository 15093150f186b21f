// A sample in which every misplaced pixel shows.
#pragma once

#include <opencv2/imgproc.hpp>

#include "data/sample.hpp"

namespace seg::test {

/// Image and labels both hold the column number, so they must agree wherever they go.
inline Sample ramp(int height, int width) {
  Sample sample;
  sample.labels.create(height, width, CV_8UC1);
  for (int x = 0; x < width; ++x) sample.labels.col(x).setTo(x);
  cv::cvtColor(sample.labels, sample.image, cv::COLOR_GRAY2RGB);
  sample.id = "ramp";
  return sample;
}

}  // namespace seg::test
