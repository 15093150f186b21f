// Draws predictions for people: the classes over the image, and the heat map of one class, each with a legend beside it.
#pragma once

#include <opencv2/core/mat.hpp>

#include <string>

#include "base/classes.hpp"

namespace seg {

/// image CV_8UC3 RGB, labels CV_8UC1 train ids of the same size. Returns RGB, wider by a legend that lists the classes that occur, the largest first,
/// with their share of the pixels, and higher if the legend needs it.
cv::Mat legend_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

/// The same for a frame of a video. Its legend lists all classes, since those that occur change from frame to frame.
cv::Mat video_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

/// probability CV_32F, 0..1, of the image's size. Returns RGB: dark blue for 0 to yellow for 1, with a scale titled `name` beside it.
cv::Mat heat_map(const cv::Mat& probability, const std::string& name);

}  // namespace seg
