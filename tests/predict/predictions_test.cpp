#include "predict/predictions.hpp"

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

const ClassTable kClasses{{"road", {128, 64, 128}, 7}, {"car", {0, 0, 142}, 26}};

cv::Mat written(PredictionKind kind, const std::vector<std::uint8_t>& mapping = {}) {
  const test::TemporaryFolder folder;
  const PredictionWriter writer(folder.path(), kind, kClasses, mapping);
  writer.write("city/frame", torch::tensor({{0, 1}}, torch::kUInt8));
  return cv::imread((folder / "city/frame.png").string(), cv::IMREAD_UNCHANGED);
}

TEST(PredictionWriter, IdsAreTheDataSetsOwn) {
  const cv::Mat image = written(PredictionKind::kIds);
  EXPECT_EQ(image.type(), CV_8UC1);
  EXPECT_EQ(image.at<std::uint8_t>(0, 0), 7);
  EXPECT_EQ(image.at<std::uint8_t>(0, 1), 26);
}

TEST(PredictionWriter, TrainIdsAreKept) { EXPECT_EQ(written(PredictionKind::kTrainIds).at<std::uint8_t>(0, 1), 1); }

TEST(PredictionWriter, ColorsAreTheTables) { EXPECT_EQ(written(PredictionKind::kColor).at<cv::Vec3b>(0, 1), cv::Vec3b(142, 0, 0)); }

TEST(PredictionWriter, FollowsAMappingToOtherClasses) {
  const cv::Mat image = written(PredictionKind::kTrainIds, {1, kIgnoreLabel});
  EXPECT_EQ(image.at<std::uint8_t>(0, 0), 1);
  EXPECT_EQ(image.at<std::uint8_t>(0, 1), kIgnoreLabel);
}

TEST(PredictionWriter, NeverWritesOutsideItsFolder) {
  const test::TemporaryFolder folder;
  const PredictionWriter writer(folder / "a/b", PredictionKind::kIds, kClasses, {});
  writer.write("../../escaped", torch::tensor({{0, 1}}, torch::kUInt8));
  writer.write("/escaped", torch::tensor({{0, 1}}, torch::kUInt8));
  EXPECT_TRUE(std::filesystem::exists(folder / "a/b/_/_/escaped.png"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a/b/escaped.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "escaped.png"));
}

TEST(PredictionKinds, AnotherTextIsRefused) { EXPECT_THROW(prediction_kind("colour"), Error); }

}  // namespace
}  // namespace seg
