#include "data/resize.hpp"

#include <gmock/gmock.h>

#include <set>

#include "data/ramp.hpp"
#include "data/same.hpp"

namespace seg {
namespace {

using test::ramp;
using test::same;

std::set<int> values(const cv::Mat& labels) { return {labels.begin<std::uint8_t>(), labels.end<std::uint8_t>()}; }

class ResizeAlignment : public testing::TestWithParam<int> {};

TEST_P(ResizeAlignment, ImageAndLabelsStayTogether) {
  const int source_width = 150;
  const Size size{5, GetParam()};
  const Sample source = ramp(7, source_width);
  cv::Mat exact;  // in float, so that no rounding hides a shift
  source.image.convertTo(exact, CV_32F);
  cv::Mat image;
  cv::extractChannel(resize_image(exact, size), image, 0);
  cv::Mat difference;
  cv::subtract(image, resize_labels(source.labels, size), difference, cv::noArray(), CV_32F);
  // At an even ratio the point lies between two source pixels, and the label is that half a pixel away.
  const bool between = source_width % GetParam() == 0 && source_width / GetParam() % 2 == 0;
  EXPECT_NEAR(std::abs(cv::mean(difference)[0]), between ? 0.5 : 0.0, 0.01);
  EXPECT_LE(cv::norm(difference, cv::NORM_INF), 0.6);
}

INSTANTIATE_TEST_SUITE_P(Widths, ResizeAlignment, testing::Values(50, 30, 64, 75, 113, 149, 151, 200, 263, 450));

TEST(Resize, CentreOfAnOddShrinkIsExact) {
  const Sample source = ramp(3, 9);
  EXPECT_TRUE(same(resize_labels(source.labels, {1, 3}), (cv::Mat_<std::uint8_t>(1, 3) << 1, 4, 7)));
}

TEST(Resize, LabelsKeepTheirValues) {
  cv::Mat labels(37, 53, CV_8UC1);
  cv::randu(labels, 0, 4);
  labels.forEach<std::uint8_t>([](std::uint8_t& label, const int*) { label = static_cast<std::uint8_t>(label * 85); });
  for (const Size size : {Size{11, 17}, Size{36, 54}, Size{101, 99}}) {
    const cv::Mat resized = resize_labels(labels, size);
    EXPECT_EQ(resized.rows, size.height);
    EXPECT_THAT(values(labels), testing::IsSupersetOf(values(resized)));
  }
}

TEST(Resize, IsByAreaWhereNeitherSideGrows) {
  cv::Mat image(4, 4, CV_8UC3, cv::Scalar::all(0));
  image(cv::Rect(0, 0, 4, 1)).setTo(cv::Scalar::all(200));
  EXPECT_EQ(resize_image(image, {1, 4}).at<cv::Vec3b>(0, 0)[0], 50);  // the mean of four rows
  EXPECT_EQ(resize_image(image, {1, 8}).at<cv::Vec3b>(0, 0)[0], 0);   // the two rows in the middle
}

TEST(Resize, NoSizeLeavesTheFrameAsItIs) {
  const Sample source = ramp(7, 9);
  EXPECT_EQ(resize_image(source.image, {}).data, source.image.data);
  EXPECT_EQ(resize_labels(source.labels, {}).data, source.labels.data);
}

}  // namespace
}  // namespace seg
