#include "data/drawing/picture.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "data/memory_dataset.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::MemoryDataset;

TEST(Picture, DrawsLabelsInTheClassColors) {
  const ClassTable classes = {{"left", {255, 0, 10}, 0}, {"right", {0, 20, 255}, 1}};
  const cv::Mat colors = color_labels((cv::Mat_<std::uint8_t>(1, 3) << 0, 1, 255), classes);
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 0, 10));
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 1), cv::Vec3b(0, 20, 255));
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 2), cv::Vec3b(0, 0, 0));
}

TEST(Picture, BlendsHalfAndHalf) {
  const MemoryDataset dataset(101);
  const Sample sample = dataset.get(100);
  const cv::Mat blended = overlay(sample.image, sample.labels, dataset.classes());
  EXPECT_NEAR(blended.at<cv::Vec3b>(4, 3)[0], (100 + 255) / 2, 1);
  EXPECT_NEAR(blended.at<cv::Vec3b>(4, 3)[2], 50, 1);
}

TEST(Picture, TheLegendNamesWhatIsSeen) {
  const ClassTable classes = {{"left", {255, 0, 10}, 0}, {"absent", {1, 1, 1}, 2}, {"right", {0, 20, 255}, 1}};
  const auto rows = legend_rows((cv::Mat_<std::uint8_t>(1, 4) << 0, 0, 2, 255), classes);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "left");
  EXPECT_EQ(rows[0].share, 0.5);
  EXPECT_EQ(rows[1].name, "right");
  EXPECT_EQ(rows[2].name, "ignored");
}

TEST(Picture, ALegendFitsBesideThePicture) {
  const std::vector<LegendRow> rows = {{"a rather long class name", cv::Scalar(255, 0, 0), 0.25}, {"b", cv::Scalar(0, 255, 0), {}}};
  for (const double scale : {1.0, 2.5}) {
    const cv::Mat target = with_legend(cv::Mat(1, 3, CV_8UC3, cv::Scalar::all(255)), rows, scale);
    const cv::Mat last_column = target.col(target.cols - 1).clone();
    EXPECT_EQ(cv::countNonZero(last_column.reshape(1) != 255), 0);
    EXPECT_EQ(cv::countNonZero(target.row(target.rows - 1).clone().reshape(1) != 255), 0);
  }
}

TEST(Picture, IsWrittenAsRgb) {
  const test::TemporaryFolder folder;
  write_picture(folder / "new/red.png", cv::Mat(2, 2, CV_8UC3, cv::Scalar(255, 0, 0)));
  EXPECT_EQ(cv::imread((folder / "new/red.png").string()).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 255));
}

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
