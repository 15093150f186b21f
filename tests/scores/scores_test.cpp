#include "scores/scores.hpp"

#include <gtest/gtest.h>

namespace seg {
namespace {

/// By hand. Rows = truth, last column = predicted as none.
///        a  b  c  none
///   a   50  10  0   0     n = 60, predicted 55
///   b    5  20  0   5     n = 30, predicted 40
///   c    0  10  0   0     n = 10, predicted 0
ConfusionTable three_classes() { return {.classes = 3, .counts = {50, 10, 0, 0, 5, 20, 0, 5, 0, 10, 0, 0}}; }

TEST(Scores, OfAClassByHand) {
  const ClassScores b = compute_scores(three_classes()).classes[1];
  EXPECT_EQ(b.pixels, 30);
  EXPECT_DOUBLE_EQ(*b.accuracy, 20.0 / 30.0);
  EXPECT_DOUBLE_EQ(*b.precision, 20.0 / 40.0);
  EXPECT_DOUBLE_EQ(*b.iou, 20.0 / 50.0);
  EXPECT_DOUBLE_EQ(*b.f1, 40.0 / 70.0);
}

TEST(Scores, MeansByHand) {
  const Scores scores = compute_scores(three_classes());
  EXPECT_EQ(scores.pixels, 100);
  EXPECT_DOUBLE_EQ(*scores.overall_accuracy, 0.7);
  EXPECT_DOUBLE_EQ(*scores.mean_accuracy, (50.0 / 60.0 + 20.0 / 30.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(*scores.mean_iou, (50.0 / 65.0 + 20.0 / 50.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(*scores.mean_precision, (50.0 / 55.0 + 20.0 / 40.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(*scores.mean_f1, (100.0 / 115.0 + 40.0 / 70.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(*scores.frequency_weighted_iou, 0.6 * 50.0 / 65.0 + 0.3 * 20.0 / 50.0);
}

TEST(Scores, AClassNeverPredictedCountsZero) {
  const ClassScores c = compute_scores(three_classes()).classes[2];
  EXPECT_EQ(c.precision, 0.0);
  EXPECT_EQ(c.accuracy, 0.0);
  EXPECT_EQ(c.iou, 0.0);
  EXPECT_EQ(c.f1, 0.0);
}

TEST(Scores, AClassPredictedButAbsentHasNoAccuracyAndCountsInIou) {
  const Scores scores = compute_scores({.classes = 2, .counts = {3, 1, 0, 0, 0, 0}});
  EXPECT_FALSE(scores.classes[1].accuracy);
  EXPECT_EQ(scores.classes[1].iou, 0.0);
  EXPECT_DOUBLE_EQ(*scores.mean_accuracy, 0.75);
  EXPECT_DOUBLE_EQ(*scores.mean_iou, 0.375);
}

TEST(Scores, AClassNeitherThereNorPredictedIsUndefined) {
  const Scores scores = compute_scores({.classes = 2, .counts = {4, 0, 0, 0, 0, 0}});
  EXPECT_FALSE(scores.classes[1].accuracy || scores.classes[1].precision || scores.classes[1].iou || scores.classes[1].f1);
  EXPECT_EQ(scores.mean_iou, 1.0);
  EXPECT_EQ(scores.mean_precision, 1.0);
}

TEST(Scores, OfNoPixelsAreUndefined) {
  const Scores scores = compute_scores({.classes = 1, .counts = {0, 0}});
  EXPECT_FALSE(scores.overall_accuracy || scores.mean_accuracy || scores.mean_iou || scores.mean_precision || scores.mean_f1 ||
               scores.frequency_weighted_iou);
}

// Two images, two classes. Image 1: IoU 3/4 of class 0, 1/2 of class 1. Image 2 holds class 0 alone: 2/4, where two pixels are taken for class 1.
TEST(ImageIou, ByHand) {
  ImageIou iou;
  iou.add({{.truth = 4, .predicted = 3, .both = 3}, {.truth = 1, .predicted = 2, .both = 1}});
  iou.add({{.truth = 4, .predicted = 2, .both = 2}, {.truth = 0, .predicted = 2, .both = 0}});
  EXPECT_DOUBLE_EQ(*iou.by_image(), ((0.75 + 0.5) / 2 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(*iou.by_class(), ((0.75 + 0.5) / 2 + 0.5) / 2);
  iou.add({{.truth = 4, .predicted = 4, .both = 4}, {}});
  EXPECT_DOUBLE_EQ(*iou.by_image(), (0.625 + 0.5 + 1.0) / 3);
  EXPECT_DOUBLE_EQ(*iou.by_class(), ((0.75 + 0.5 + 1.0) / 3 + 0.5) / 2);
}

TEST(ImageIou, IsUndefinedWithoutTruthPixels) {
  ImageIou iou;
  iou.add({{.truth = 0, .predicted = 3, .both = 0}});
  EXPECT_FALSE(iou.by_image());
  EXPECT_FALSE(iou.by_class());
}

}  // namespace
}  // namespace seg
