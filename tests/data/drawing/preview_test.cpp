#include "data/drawing/preview.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "data/memory_dataset.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::MemoryDataset;
using test::unchanged;

TEST(Preview, WritesImageOverlayAndLegendSideBySide) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(3);
  const auto files = write_preview(dataset, unchanged, 2, 0, folder / "out");
  ASSERT_EQ(files.size(), 3U);
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

TEST(Preview, TheSheetIsAGridOfImageAndOverlay) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(9);
  const auto files = write_preview(dataset, unchanged, 9, 0, folder.path());
  ASSERT_EQ(files.back().filename(), "sheet.png");
  const cv::Mat sheet = cv::imread(files.back().string());  // BGR
  // Two columns of five tiles, each 480 wide and 160 high with its caption.
  EXPECT_EQ(sheet.rows, 5 * (178 + 6));
  EXPECT_GT(sheet.cols, 2 * 486 + 20);
  EXPECT_EQ(sheet.at<cv::Vec3b>(184 + 80, 120), cv::Vec3b(2, 2, 2));  // the third sample's image, first in the second line
  EXPECT_GT(sheet.at<cv::Vec3b>(80, 240 + 60)[2], 100);               // the first one's overlay: red left, blue right
  EXPECT_GT(sheet.at<cv::Vec3b>(80, 240 + 180)[0], 100);
}

TEST(Preview, StopsAtTheEndOfTheSet) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(2);
  EXPECT_EQ(write_preview(dataset, unchanged, 9, 0, folder.path()).size(), 3U);
}

TEST(Preview, ShowsImagesWithoutLabels) {
  const test::TemporaryFolder folder;
  const MemoryDataset dataset(1);
  const auto drop_labels = [](Sample sample, std::uint64_t) {
    sample.labels.release();
    return sample;
  };
  const auto files = write_preview(dataset, drop_labels, 1, 0, folder.path());
  EXPECT_FALSE(cv::imread(files.at(0).string()).empty());
}

TEST(Preview, SaysWhichFolderCannotBeWritten) {
  const MemoryDataset dataset(1);
  EXPECT_THROW(write_preview(dataset, unchanged, 1, 0, "/dev/null/preview"), Error);
}

}  // namespace
}  // namespace seg
