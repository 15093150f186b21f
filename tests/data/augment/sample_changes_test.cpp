#include "data/augment/sample_changes.hpp"

#include <gmock/gmock.h>
#include <opencv2/core.hpp>

#include <algorithm>

namespace seg {
namespace {

const cv::Mat kPixels = (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(200, 100, 50), cv::Vec3b(0, 100, 0));

Sample grey_sample(int side, double value) {
  return {cv::Mat(side, side, CV_8UC3, cv::Scalar::all(value)), cv::Mat(side, side, CV_8UC1, cv::Scalar(2)), "grey"};
}

cv::Mat with_color(const cv::Mat& pixels, ColorKind kind, double amount) {
  Sample sample{pixels, {}, "", {.color = {{kind, amount}}}};
  make_changes(sample);
  return sample.image;
}

TEST(Color, BrightnessScalesAndSaturates) {
  const cv::Mat bright = with_color(kPixels, ColorKind::kBrightness, 1.5);
  EXPECT_EQ(bright.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 150, 75));
}

TEST(Color, ContrastBlendsWithTheMeanGrey) {
  // Greys 124 and 59, mean 91.5.
  const cv::Mat flat = with_color(kPixels, ColorKind::kContrast, 0.5);
  EXPECT_NEAR(flat.at<cv::Vec3b>(0, 0)[0], 0.5 * 200 + 0.5 * 91.5, 1.0);
  EXPECT_NEAR(flat.at<cv::Vec3b>(0, 1)[2], 0.5 * 91.5, 1.0);
}

TEST(Color, NoSaturationIsGrey) {
  const cv::Mat grey = with_color(kPixels, ColorKind::kSaturation, 0.0);
  EXPECT_EQ(grey.at<cv::Vec3b>(0, 0), cv::Vec3b::all(124));  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
}

TEST(Color, AThirdOfATurnMakesGreenOfRed) {
  const cv::Mat red(1, 1, CV_8UC3, cv::Scalar(180, 0, 0));
  EXPECT_EQ(with_color(red, ColorKind::kHue, 1.0 / 3.0).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 180, 0));
  EXPECT_EQ(with_color(red, ColorKind::kHue, -1.0 / 3.0).at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 180));
}

TEST(Blur, SpreadsAPointAndKeepsTheSum) {
  Sample sample = grey_sample(31, 0);
  sample.image.at<cv::Vec3b>(15, 15) = {250, 250, 250};
  sample.changes.blur = 1.2;
  make_changes(sample);
  EXPECT_LT(sample.image.at<cv::Vec3b>(15, 15)[0], 250);
  EXPECT_GT(sample.image.at<cv::Vec3b>(15, 16)[0], 0);
  EXPECT_NEAR(cv::sum(sample.image)[0], 250, 12);
}

/// Runs depend on what is drawn when: another order is another training.
TEST(DrawChanges, DrawsFlipThenColorThenBlur) {
  AugmentOptions options;
  options.flip = 0.5;
  options.color = {0.4, 0.0, 1.5, 0.2};
  options.blur = {.probability = 0.5, .sigma = 2.0};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed), same(seed);
    const PixelChanges changes = draw_changes(options, random);
    EXPECT_EQ(changes.flip, same.chance(0.5));
    std::vector<ColorChange> color;
    for (const std::int64_t kind : same.permutation(4)) {
      if (kind == 0) color.push_back({ColorKind::kBrightness, same.uniform(1.0 - 0.4, 1.4)});
      if (kind == 2) color.push_back({ColorKind::kSaturation, same.uniform(0.0, 2.5)});
      if (kind == 3) color.push_back({ColorKind::kHue, same.uniform(-0.2, 0.2)});
    }
    EXPECT_EQ(changes.color, color);
    const double sigma = same.chance(0.5) ? same.uniform(0.0, 2.0) : 0.0;
    EXPECT_EQ(changes.blur, sigma < 0.1 ? 0.0 : sigma);
    EXPECT_EQ(random.bits(), same.bits());
  }
}

TEST(DrawChanges, DrawsNothingForWhatIsOff) {
  AugmentOptions options;
  options.flip = 0.0;
  Random random(1), untouched(1);
  EXPECT_EQ(draw_changes(options, random), PixelChanges());
  EXPECT_EQ(random.bits(), untouched.bits());
}

TEST(MakeChanges, StayWithinTheStrengthAndLeaveLabels) {
  AugmentOptions options;
  options.flip = 0.0;
  options.color.brightness = 0.5;
  Random random(1);
  int low = 255;
  int high = 0;
  for (int i = 0; i < 300; ++i) {
    Sample sample = grey_sample(1, 100);
    sample.changes = draw_changes(options, random);
    make_changes(sample);
    const int value = sample.image.at<cv::Vec3b>(0, 0)[0];
    low = std::min(low, value);
    high = std::max(high, value);
    EXPECT_EQ(sample.labels.at<std::uint8_t>(0, 0), 2);
    EXPECT_EQ(sample.changes, PixelChanges());
  }
  EXPECT_NEAR(low, 50, 3);
  EXPECT_NEAR(high, 150, 3);
}

}  // namespace
}  // namespace seg
