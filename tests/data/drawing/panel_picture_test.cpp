#include "data/drawing/panel_picture.hpp"

#include <gtest/gtest.h>

namespace seg {
namespace {

const ClassTable kRoadAndPole{{"road", {128, 64, 128}, 0}, {"pole", {0, 255, 0}, 1}};

cv::Mat pixels(int rows, std::vector<std::uint8_t> values) { return cv::Mat(values, true).reshape(1, rows); }

cv::Vec3b at(const cv::Mat& picture, int part, int x) {
  const int width = (picture.cols - 3 * 4) / 4;
  return picture.at<cv::Vec3b>(0, part * (width + 4) + x);
}

TEST(PanelPicture, MarksWhatIsWrongAndWhatIsIgnored) {
  const cv::Mat image(1, 4, CV_8UC3, cv::Scalar(200, 200, 200));
  const cv::Mat picture = panel_picture(image, pixels(1, {0, 1, 0, 255}), pixels(1, {0, 0, 255, 1}), kRoadAndPole);
  EXPECT_EQ(at(picture, 0, 0), cv::Vec3b(200, 200, 200));
  EXPECT_EQ(at(picture, 1, 1), cv::Vec3b(0, 255, 0));
  EXPECT_EQ(at(picture, 2, 1), cv::Vec3b(128, 64, 128));
  EXPECT_EQ(at(picture, 3, 0), cv::Vec3b(90, 90, 90));
  EXPECT_EQ(at(picture, 3, 1), cv::Vec3b(255, 32, 64));
  EXPECT_EQ(at(picture, 3, 2), cv::Vec3b(255, 32, 64));  // none of the classes
  EXPECT_EQ(at(picture, 3, 3), cv::Vec3b(170, 170, 170));
}

TEST(PanelPicture, IsSmallWhateverTheSizes) {
  const cv::Mat labels(600, 1200, CV_8UC1, cv::Scalar(0));
  const cv::Mat picture = panel_picture(cv::Mat(300, 600, CV_8UC3), labels, labels, kRoadAndPole);
  EXPECT_EQ(picture.size(), cv::Size(4 * kPanelWidth + 12, kPanelWidth / 2));
}

}  // namespace
}  // namespace seg
