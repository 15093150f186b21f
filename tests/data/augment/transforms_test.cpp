#include "data/augment/transforms.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include <set>

#include "base/error.hpp"
#include "data/ramp.hpp"
#include "data/same.hpp"

namespace seg {
namespace {

using test::ramp;
using test::same;

const ClassTable kClasses = {{"road", {}, 0}, {"sky", {}, 1}, {"bicycle", {}, 2}, {"pole", {}, 3}};

Sample uniform(int height, int width, double value, double label) {
  return {cv::Mat(height, width, CV_8UC3, cv::Scalar::all(value)), cv::Mat(height, width, CV_8UC1, cv::Scalar(label)), "uniform"};
}

std::set<int> values(const cv::Mat& labels) { return {labels.begin<std::uint8_t>(), labels.end<std::uint8_t>()}; }

/// Nothing but the crop.
AugmentOptions only_crop() {
  AugmentOptions options;
  options.crop = true;
  options.crop_min_valid = 0.0;
  options.flip = 0.0;
  options.scale.steps = {1.0};
  return options;
}

TEST(TrainingTransform, IsAFunctionOfTheSeed) {
  AugmentOptions options;
  options.crop = true;
  options.color = {0.5, 0.5, 0.5, 0.1};
  options.blur.probability = 0.5;
  const SampleTransform transform = training_transform(options, {24, 32}, kClasses, {});
  int different = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Sample once = transform(ramp(40, 60), seed);
    const Sample again = transform(ramp(40, 60), seed);
    EXPECT_TRUE(same(once.image, again.image) && same(once.labels, again.labels));
    different += same(once.image, transform(ramp(40, 60), seed + 100).image) ? 0 : 1;
  }
  EXPECT_EQ(different, 8);
}

TEST(TrainingTransform, LeavesTheGivenPixelsAlone) {
  AugmentOptions options;
  options.flip = 1.0;
  options.color = {0.5, 0.5, 0.5, 0.1};
  options.blur.probability = 1.0;
  const Sample source = ramp(20, 30);
  for (const bool crop : {false, true}) {
    options.crop = crop;
    options.scale.steps = {1.0};
    training_transform(options, {20, 30}, kClasses, {})(source, 3);
    EXPECT_TRUE(same(source.image, ramp(20, 30).image) && same(source.labels, ramp(20, 30).labels));
  }
}

TEST(TrainingTransform, KeepsImageAndLabelsTogetherThroughScaleCropAndFlip) {
  AugmentOptions options;
  options.crop = true;
  const SampleTransform transform = training_transform(options, {24, 40}, kClasses, {});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Sample sample = transform(ramp(64, 120), seed);
    cv::Mat image;
    cv::extractChannel(sample.image, image, 0);
    EXPECT_LE(cv::norm(image, sample.labels, cv::NORM_INF), 1.0);
  }
}

/// 64 x 64 of road with 12 x 12 of pole in the middle, drawn for `wanted`.
Sample with_pole(std::optional<WantedClass> wanted) {
  Sample sample = uniform(64, 64, 9, 0);
  sample.labels(cv::Rect(26, 26, 12, 12)).setTo(3);
  sample.wanted = wanted;
  return sample;
}

TEST(TrainingTransform, DrawsCropsAgainUntilTheyHoldWhatIsWanted) {
  const SampleTransform transform = training_transform(only_crop(), {16, 16}, kClasses, {});
  const auto crops_with_enough = [&](std::optional<WantedClass> wanted) {
    int count = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) count += cv::countNonZero(transform(with_pole(wanted), seed).labels == 3) >= 26 ? 1 : 0;
    return count;
  };
  // Of the 49 x 49 windows 441 hold a tenth, 26 pixels; of eleven in a row at least one does in 0.89 of the cases.
  EXPECT_NEAR(crops_with_enough({}), 37, 20);
  EXPECT_NEAR(crops_with_enough(WantedClass{3, 0.1}), 178, 16);
}

TEST(TrainingTransform, TakesTheLastCropWhereNoneHoldsWhatIsWantedAndTheFirstThatDoes) {
  const SampleTransform transform = training_transform(only_crop(), {16, 16}, kClasses, {});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(transform(with_pole(WantedClass{2, 0.1}), seed).labels.rows, 16);  // there is no bicycle
    EXPECT_TRUE(same(transform(with_pole(WantedClass{3, 0.0}), seed), transform(with_pole({}), seed)));
  }
}

TEST(TrainingTransform, HasNothingToDrawAgainWithoutCrops) {
  AugmentOptions options;
  options.color = {0.5, 0.5, 0.5, 0.1};
  const SampleTransform transform = training_transform(options, {64, 64}, kClasses, {});
  for (std::uint64_t seed = 0; seed < 10; ++seed) EXPECT_TRUE(same(transform(with_pole(WantedClass{3, 1.0}), seed), transform(with_pole({}), seed)));
}

TEST(TrainingTransform, WorksWithoutLabels) {
  AugmentOptions options;
  options.crop = true;
  Sample source = ramp(10, 10);
  source.labels.release();
  const Sample sample = training_transform(options, {24, 40}, kClasses, {})(source, 1);
  EXPECT_EQ(sample.image.size(), cv::Size(40, 24));
  EXPECT_TRUE(sample.labels.empty());
}

TEST(TrainingTransform, PadsWithTheMeanColorAndIgnoredLabels) {
  AugmentOptions options = only_crop();
  NetworkInput input;
  input.order = ChannelOrder::kBgr;
  input.mean = {10.0, 20.4, 30.6};
  const Sample sample = training_transform(options, {6, 8}, kClasses, input)(uniform(4, 5, 99, 1), 1);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(3, 4), cv::Vec3b(99, 99, 99));
  EXPECT_EQ(sample.labels.at<std::uint8_t>(3, 4), 1);
  for (const cv::Point outside : {cv::Point(5, 0), cv::Point(0, 4), cv::Point(7, 5)}) {
    EXPECT_EQ(sample.image.at<cv::Vec3b>(outside), cv::Vec3b(31, 20, 10));
    EXPECT_EQ(sample.labels.at<std::uint8_t>(outside), kIgnoreLabel);
  }
}

TEST(TrainingTransform, NamesAnUnknownRareClass) {
  AugmentOptions options;
  options.rare_classes = {"bicycle", "bycicle"};
  try {
    training_transform(options, {8, 8}, kClasses, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(), testing::HasSubstr("'bycicle'"));
    EXPECT_THAT(error.hint, testing::HasSubstr("road, sky, bicycle, pole"));
  }
}

TEST(TrainingTransform, RefusesAnEmptyScaleRange) {
  AugmentOptions options;
  options.scale.min = 2.0;
  options.scale.max = 1.0;
  EXPECT_THROW(training_transform(options, {8, 8}, kClasses, {}), Error);
}

/// Those that frames 40 pixels wide are scaled to.
std::set<int> scaled_widths(const ScaleOptions& scale, std::uint64_t frames) {
  AugmentOptions options = only_crop();
  options.scale = scale;
  const SampleTransform transform = training_transform(options, {8, 80}, kClasses, {});
  std::set<int> widths;
  for (std::uint64_t seed = 0; seed < frames; ++seed) {
    const cv::Mat labels = transform(ramp(4, 40), seed).labels;  // padded to 80 with ignored ones
    widths.insert(cv::countNonZero(labels.row(0) != kIgnoreLabel));
  }
  return widths;
}

TEST(ScaleJitter, DrawsEveryStepAndNothingElse) {
  ScaleOptions options;
  options.steps = {0.75, 1, 2};
  EXPECT_THAT(scaled_widths(options, 60), testing::ElementsAre(30, 40, 80));
}

TEST(ScaleJitter, CoversTheRange) {
  const std::set<int> widths = scaled_widths({}, 300);
  EXPECT_GE(*widths.begin(), 30);
  EXPECT_LE(*widths.rbegin(), 70);
  EXPECT_GE(widths.size(), 39U);
}

TEST(RandomCrop, ReachesEveryWindow) {
  const SampleTransform transform = training_transform(only_crop(), {4, 10}, kClasses, {});
  std::set<int> starts;
  for (std::uint64_t seed = 0; seed < 200; ++seed) starts.insert(transform(ramp(4, 15), seed).labels.at<std::uint8_t>(0, 0));
  EXPECT_THAT(starts, testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(RandomCrop, AvoidsWindowsWithFewLabels) {
  AugmentOptions options = only_crop();
  options.crop_min_valid = 0.5;
  Sample source = uniform(8, 32, 0, 0);
  source.labels.colRange(0, 12).setTo(kIgnoreLabel);
  const SampleTransform transform = training_transform(options, {8, 8}, kClasses, {});
  for (std::uint64_t seed = 0; seed < 100; ++seed) EXPECT_GE(cv::countNonZero(transform(source, seed).labels == 0), 32);
}

TEST(RandomCrop, TakesWhatThereIsInAFrameWithoutLabels) {
  AugmentOptions options = only_crop();
  options.crop_min_valid = 0.5;
  EXPECT_EQ(training_transform(options, {8, 8}, kClasses, {})(uniform(16, 16, 0, 255), 1).labels.size(), cv::Size(8, 8));
}

TEST(RandomCrop, HoldsARarePixelWhereTheFrameHasOne) {
  AugmentOptions options = only_crop();
  options.rare_classes = {"bicycle", "3"};
  options.rare_probability = 1.0;
  Sample source = uniform(60, 80, 0, 0);
  source.labels.at<std::uint8_t>(0, 79) = 2;
  source.labels.at<std::uint8_t>(31, 40) = 3;
  const SampleTransform transform = training_transform(options, {16, 16}, kClasses, {});
  std::set<int> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::set<int> held = values(transform(source, seed).labels);
    EXPECT_EQ(held.size(), 2U);
    seen.insert(held.begin(), held.end());
  }
  EXPECT_THAT(seen, testing::ElementsAre(0, 2, 3));
}

TEST(Flip, MirrorsImageAndLabels) {
  AugmentOptions options;
  options.flip = 1.0;
  const Sample sample = training_transform(options, {2, 6}, kClasses, {})(ramp(2, 6), 1);
  EXPECT_EQ(sample.labels.at<std::uint8_t>(1, 0), 5);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(1, 0)[2], 5);
}

TEST(Flip, HappensAsOftenAsAsked) {
  AugmentOptions options;
  options.flip = 0.25;
  const SampleTransform transform = training_transform(options, {}, kClasses, {});
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) flipped += transform(ramp(1, 3), seed).labels.at<std::uint8_t>(0, 0) == 2 ? 1 : 0;
  EXPECT_NEAR(flipped / 2000.0, 0.25, 0.03);
}

TEST(AugmentDevice, AutoIsTheGpuOfACudaNetwork) {
  EXPECT_EQ(resolve_augment_device(AugmentDevice::kAuto, torch::kCPU), AugmentDevice::kCpu);
  EXPECT_EQ(resolve_augment_device(AugmentDevice::kAuto, torch::Device(torch::kCUDA, 1)), AugmentDevice::kGpu);
  EXPECT_EQ(resolve_augment_device(AugmentDevice::kGpu, torch::kCPU), AugmentDevice::kGpu);
  EXPECT_EQ(resolve_augment_device(AugmentDevice::kCpu, torch::kCUDA), AugmentDevice::kCpu);
}

}  // namespace
}  // namespace seg
