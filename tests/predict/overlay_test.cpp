#include "predict/overlay.hpp"

#include <gmock/gmock.h>

namespace seg {
namespace {

TEST(Overlay, KeepsTheImageOnTheLeftAndListsTheLargestClassFirst) {
  const ClassTable classes = {{"small", {255, 0, 0}, 0}, {"large", {0, 0, 255}, 1}};
  const cv::Mat image(40, 60, CV_8UC3, cv::Scalar::all(100));
  cv::Mat labels(40, 60, CV_8UC1, cv::Scalar(1));
  labels.colRange(0, 10).setTo(0);
  const cv::Mat picture = legend_overlay(image, labels, classes);
  EXPECT_GT(picture.cols, 60 + 50);
  EXPECT_EQ(picture.at<cv::Vec3b>(20, 5), cv::Vec3b(178, 50, 50));
  EXPECT_EQ(picture.at<cv::Vec3b>(20, 50), cv::Vec3b(50, 50, 178));
  EXPECT_EQ(picture.at<cv::Vec3b>(10, 60 + 10), cv::Vec3b(0, 0, 255));  // the first swatch
  EXPECT_EQ(picture.at<cv::Vec3b>(28, 60 + 10), cv::Vec3b(255, 0, 0));
}

TEST(Overlay, AHeatMapGoesFromDarkToBright) {
  cv::Mat probability(40, 60, CV_32F, cv::Scalar(0.0));
  probability.colRange(30, 60).setTo(1.0);
  const cv::Mat picture = heat_map(probability, "Car");
  const auto brightness = [&](int x) { return cv::sum(picture.at<cv::Vec3b>(20, x))[0]; };
  EXPECT_LT(brightness(5), brightness(50));
  EXPECT_GT(picture.cols, 60);
}

}  // namespace
}  // namespace seg
