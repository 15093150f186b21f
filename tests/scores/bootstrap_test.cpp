#include "scores/bootstrap.hpp"

#include <gmock/gmock.h>

#include "scores/counted_image.hpp"

namespace seg {
namespace {

using test::image;
using ::testing::ElementsAre;

std::vector<ImageCounts> images(const std::vector<std::int64_t>& right) {
  std::vector<ImageCounts> all;
  for (std::size_t i = 0; i < right.size(); ++i) all.push_back(image(std::to_string(i), right[i]));
  return all;
}

TEST(PairedBootstrap, GivesTheDifferenceByHand) {
  // Accuracy of class 0: 12 / 20 against 8 / 20; of class 1: 1. IoU: 12 / 20 and 20 / 28 against 8 / 20 and 20 / 32.
  const auto run = images({6, 6}), baseline = images({4, 4});
  const PairedDifference difference = paired_bootstrap({{&run, &baseline}}, 1);
  EXPECT_EQ(difference.pairs, 1);
  EXPECT_EQ(difference.images, 2);
  EXPECT_NEAR(difference.mean_accuracy->value, 0.1, 1e-12);
  EXPECT_NEAR(difference.mean_iou->value, ((12.0 / 20 + 20.0 / 28) - (8.0 / 20 + 20.0 / 32)) / 2, 1e-12);
}

TEST(PairedBootstrap, HasNoWidthWhereImagesAreAlike) {
  const auto run = images({6, 6, 6}), baseline = images({4, 4, 4});
  const PairedDifference difference = paired_bootstrap({{&run, &baseline}}, 1, 50);
  EXPECT_NEAR(difference.mean_accuracy->low, 0.1, 1e-12);
  EXPECT_NEAR(difference.mean_accuracy->high, 0.1, 1e-12);
}

TEST(PairedBootstrap, SpansWhatDrawsOfTheImagesGive) {
  const auto run = images({9, 5, 8, 4, 7, 6, 9, 3}), baseline = images({5, 5, 5, 5, 5, 5, 5, 5});
  const IntervalDifference one = *paired_bootstrap({{&run, &baseline}}, 1).mean_accuracy;
  // The differences of the images have a standard deviation of 0.2118 / 2 (n - 1 = 7: 0.2264 / 2), so the mean of eight has about 0.037.
  EXPECT_NEAR(one.value, 0.06875, 1e-12);
  EXPECT_NEAR(one.high - one.low, 2 * 1.96 * 0.0368, 0.03);
  EXPECT_LT(one.low, one.value);
  EXPECT_GT(one.high, one.value);
}

TEST(PairedBootstrap, OfBlocksOfOneDrawsSingleImages) {
  // The interval that drawing image by image gave before there were blocks.
  const auto run = images({9, 5, 8, 4, 7, 6, 9, 3}), baseline = images({5, 5, 5, 5, 5, 5, 5, 5});
  const IntervalDifference iou = *paired_bootstrap({{&run, &baseline}}, 1).mean_iou;
  EXPECT_NEAR(iou.low, -0.017964480874316902, 1e-12);
  EXPECT_NEAR(iou.high, 0.22278780068728521, 1e-12);
}

TEST(PairedBootstrap, IsAFunctionOfItsSeed) {
  const auto run = images({9, 5, 8, 4}), baseline = images({5, 5, 6, 5});
  const auto low = [&](std::uint64_t seed) { return paired_bootstrap({{&run, &baseline}}, 1, 100, seed).mean_iou->low; };
  EXPECT_EQ(low(1), low(1));
  EXPECT_NE(low(1), low(2));
}

TEST(PairedBootstrap, AveragesPairsAndBearsNone) {
  const auto better = images({6, 6}), worse = images({2, 2}), baseline = images({4, 4});
  EXPECT_NEAR(paired_bootstrap({{&better, &baseline}, {&worse, &baseline}}, 1).mean_accuracy->value, 0.0, 1e-12);
  EXPECT_FALSE(paired_bootstrap({}, 1).mean_accuracy);
}

/// Twenty frames a sequence; the frames of a shot of five are alike.
std::vector<ImageCounts> video(std::int64_t first_shot) {
  std::vector<ImageCounts> frames;
  for (std::int64_t i = 0; i < 40; ++i) frames.push_back(image((i < 20 ? "a_0" : "b_0") + std::to_string(10 + i % 20), first_shot + i / 5 % 4 * 2));
  return frames;
}

TEST(PairedBootstrap, IsWiderForBlocksOfAlikeFrames) {
  const auto run = video(3), baseline = images(std::vector<std::int64_t>(40, 5));
  const auto width = [&](std::int64_t block) {
    const IntervalDifference one = *paired_bootstrap({{&run, &baseline}}, block).mean_accuracy;
    return one.high - one.low;
  };
  EXPECT_GT(width(5), 1.8 * width(1));  // eight shots stand for forty frames: sqrt(5) in theory
}

TEST(PairedBootstrap, HasNoIntervalFromASingleBlock) {
  const auto run = video(3), baseline = video(2);
  const std::vector<ImageCounts> one(run.begin(), run.begin() + 20), other(baseline.begin(), baseline.begin() + 20);
  const PairedDifference difference = paired_bootstrap({{&one, &other}}, 20);
  EXPECT_EQ(difference.blocks, 1);
  EXPECT_FALSE(difference.mean_accuracy || difference.mean_iou);
}

TEST(PairedBootstrap, DrawsBlocksByHand) {
  // Two blocks of two frames: a resample is both of the first (differences of accuracy 0.2), both of the second (0) or one of each (0.1).
  const auto run = images({8, 8, 4, 4}), baseline = images({4, 4, 4, 4});
  const PairedDifference difference = paired_bootstrap({{&run, &baseline}}, 2);
  EXPECT_EQ(difference.blocks, 2);
  EXPECT_NEAR(difference.mean_accuracy->value, 0.1, 1e-12);
  EXPECT_NEAR(difference.mean_accuracy->low, 0.0, 1e-12);
  EXPECT_NEAR(difference.mean_accuracy->high, 0.2, 1e-12);
}

TEST(FrameBlocks, OfOneAreTheImages) {
  EXPECT_THAT(frame_blocks({"a1", "a1b2", "a2"}, 1), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(FrameBlocks, AreCutEvenly) {
  const std::vector<std::string> ids{"val/s_00.png", "val/s_01.png", "val/s_02.png", "val/s_03.png", "val/s_04.png"};
  EXPECT_THAT(frame_blocks(ids, 4), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3, 4)));
  EXPECT_THAT(frame_blocks(ids, 10), ElementsAre(ElementsAre(0, 1, 2, 3, 4)));
}

TEST(FrameBlocks, NeverCrossSequences) {
  const std::vector<std::string> ids{"0001TP_006690.png", "0001TP_006720.png", "Seq05VD_f00000.png", "Seq05VD_f00030.png", "Seq05VD_f00060.png"};
  EXPECT_THAT(frame_blocks(ids, 10), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3, 4)));
}

TEST(FrameBlocks, AreOfOneCamera) {
  const std::vector<std::string> ids{"SEQ/RGB/Stereo_Left/Omni_B/000000.png", "SEQ/RGB/Stereo_Left/Omni_B/000001.png",
                                     "SEQ/RGB/Stereo_Left/Omni_F/000000.png"};
  EXPECT_THAT(frame_blocks(ids, 2), ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(FrameBlocks, NamesWithoutDigitsStandAlone) { EXPECT_THAT(frame_blocks({"x.png", "y.png"}, 10), ElementsAre(ElementsAre(0), ElementsAre(1))); }

TEST(FrameBlocks, AreLongForVideoAlone) {
  EXPECT_EQ(default_block("camvid"), 10);
  EXPECT_EQ(default_block("synthia_seqs"), 10);
  EXPECT_EQ(default_block("cityscapes"), 1);
}

}  // namespace
}  // namespace seg
