#include "data/preview.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "memory_dataset.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::MemoryDataset;
using test::unchanged;

TEST(Preview, DrawsLabelsInTheClassColors) {
  const ClassTable classes = {{"left", {255, 0, 10}, 0}, {"right", {0, 20, 255}, 1}};
  const cv::Mat colors = color_labels((cv::Mat_<std::uint8_t>(1, 3) << 0, 1, 255), classes);
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 0, 10));
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 1), cv::Vec3b(0, 20, 255));
  EXPECT_EQ(colors.at<cv::Vec3b>(0, 2), cv::Vec3b(0, 0, 0));
}

TEST(Preview, BlendsHalfAndHalf) {
  const MemoryDataset dataset(101);
  const Sample sample = dataset.get(100);
  const cv::Mat blended = overlay(sample.image, sample.labels, dataset.classes());
  EXPECT_NEAR(blended.at<cv::Vec3b>(4, 3)[0], (100 + 255) / 2, 1);
  EXPECT_NEAR(blended.at<cv::Vec3b>(4, 3)[2], 50, 1);
}

TEST(Preview, WritesImageOverlayAndLegendSideBySide) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(3);
  const auto files = write_preview(dataset, unchanged, 2, 0, dataset.classes(), folder / "out");
  ASSERT_EQ(files.size(), 2U);
  const cv::Mat picture = cv::imread(files[1].string());  // BGR
  ASSERT_FALSE(picture.empty());
  EXPECT_GT(picture.cols, 2 * 12 + 50);
  EXPECT_EQ(picture.at<cv::Vec3b>(4, 5), cv::Vec3b(1, 1, 1));
  EXPECT_GT(picture.at<cv::Vec3b>(4, 12 + 3)[2], 120);
  EXPECT_GT(picture.at<cv::Vec3b>(4, 12 + 9)[0], 120);
  cv::Mat red_swatch;
  cv::inRange(picture.colRange(24, picture.cols), cv::Scalar(0, 0, 255), cv::Scalar(0, 0, 255), red_swatch);
  EXPECT_GE(cv::countNonZero(red_swatch), 100);
}

TEST(Preview, StopsAtTheEndOfTheSet) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(2);
  EXPECT_EQ(write_preview(dataset, unchanged, 9, 0, dataset.classes(), folder.path()).size(), 2U);
}

TEST(Preview, ShowsImagesWithoutLabels) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(1);
  const auto drop_labels = [](Sample sample, std::uint64_t) {
    sample.labels.release();
    return sample;
  };
  const auto files = write_preview(dataset, drop_labels, 1, 0, dataset.classes(), folder.path());
  EXPECT_FALSE(cv::imread(files.at(0).string()).empty());
}

TEST(Preview, SaysWhichFolderCannotBeWritten) {
  const MemoryDataset dataset(1);
  EXPECT_THROW(write_preview(dataset, unchanged, 1, 0, dataset.classes(), "/dev/null/preview"), Error);
}

}  // namespace
}  // namespace seg
