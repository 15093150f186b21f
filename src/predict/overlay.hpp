// What prediction draws for people: the classes over the image, and the heat map of one class, each with its legend beside it.
#pragma once

#include <opencv2/core/mat.hpp>

#include <string>

#include "base/classes.hpp"

namespace seg {

/// image CV_8UC3 RGB, labels CV_8UC1 train ids of the same size. RGB; the image's rows or more, its columns and those of a legend
/// that lists the classes seen, the largest first, with their share of the pixels.
cv::Mat legend_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

/// The same for a frame of a video, whose legend lists every class, since those in sight change from frame to frame.
cv::Mat video_overlay(const cv::Mat& image, const cv::Mat& labels, const ClassTable& classes);

/// probability CV_32F, 0..1, of the image's size. RGB: dark blue for 0 to yellow for 1, and the scale beside it under `name`.
cv::Mat heat_map(const cv::Mat& probability, const std::string& name);

}  // namespace seg
