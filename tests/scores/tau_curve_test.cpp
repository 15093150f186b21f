#include "scores/tau_curve.hpp"

#include <gtest/gtest.h>

#include "scores/bootstrap.hpp"
#include "scores/counted_image.hpp"

namespace seg {
namespace {

using test::image;

TauCurve small_curve() {
  return {
      "test", "best.safetensors", {-0.5, 0.0, 0.5}, {{image("b", 2), image("a", 2)}, {image("b", 4), image("a", 4)}, {image("b", 8), image("a", 6)}}};
}

TEST(TauCurve, PointsAreTheScoresOfAllImages) {
  const std::vector<TauPoint> points = small_curve().points();
  ASSERT_EQ(points.size(), 3u);
  EXPECT_DOUBLE_EQ(points[2].tau, 0.5);
  EXPECT_DOUBLE_EQ(*points[2].scores.mean_accuracy, (14.0 / 20 + 1.0) / 2);
  EXPECT_DOUBLE_EQ(*points[2].scores.mean_iou, (14.0 / 20 + 20.0 / 26) / 2);
  EXPECT_DOUBLE_EQ(*points[2].scores.mean_iou_by_image, ((0.8 + 10.0 / 12) / 2 + (0.6 + 10.0 / 14) / 2) / 2);
}

Scores point(double accuracy, double iou) {
  Scores scores;
  scores.mean_accuracy = accuracy;
  scores.mean_iou = iou;
  return scores;
}

TEST(IouOnCurve, IsLinearBetweenNeighbours) {
  const std::vector<Scores> curve{point(0.5, 0.4), point(0.6, 0.5), point(0.8, 0.3)};
  EXPECT_DOUBLE_EQ(*iou_on_curve(curve, 0.55), 0.45);
  EXPECT_DOUBLE_EQ(*iou_on_curve(curve, 0.75), 0.35);
}

TEST(IouOnCurve, TakesTheHighestOfSeveralPassesAndTheEndBeyond) {
  const std::vector<Scores> curve{point(0.5, 0.4), point(0.7, 0.5), point(0.6, 0.2)};
  EXPECT_DOUBLE_EQ(*iou_on_curve(curve, 0.65), 0.475);
  EXPECT_DOUBLE_EQ(*iou_on_curve(curve, 0.9), 0.5);
  EXPECT_DOUBLE_EQ(*iou_on_curve(curve, 0.1), 0.4);
  EXPECT_FALSE(iou_on_curve({}, 0.5));
}

// The run finds 6 of 10 in every image, which the curve has between tau 0 (4 of 10) and 0.5 (8 and 6 of 10).
TEST(IouOnCurve, BootstrapHoldsARunAgainstTheCurve) {
  const TauCurve curve{"test", "", {0.0, 0.5}, {{image("a", 4), image("b", 4)}, {image("a", 6), image("b", 8)}}};
  const std::vector<ImageCounts> run{image("a", 6), image("b", 6)};
  const double at_0 = (8.0 / 20 + 20.0 / 32) / 2, at_half = (14.0 / 20 + 20.0 / 26) / 2, own = (12.0 / 20 + 20.0 / 28) / 2;
  const double share = (12.0 - 8) / (14 - 8);
  const PairedDifference difference = paired_bootstrap({{&run, &curve.images.front(), &curve}}, 1);
  EXPECT_NEAR(difference.iou_over_curve->value, own - (at_0 + share * (at_half - at_0)), 1e-12);
  EXPECT_FALSE(paired_bootstrap({{&run, &curve.images.front()}}, 1).iou_over_curve);
}

}  // namespace
}  // namespace seg
