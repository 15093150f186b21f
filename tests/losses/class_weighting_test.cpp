#include <cmath>

#include "base/error.hpp"
#include "losses/class_weighting/error_rate.hpp"
#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_fixture.hpp"

namespace seg {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;

/// Four classes, the third without a pixel; class 0 in images of 100 pixels together, class 1 of 50, class 3 of 20.
ClassStatistics statistics() {
  return {.pixels = {60, 30, 0, 10}, .images = {2, 1, 0, 1}, .pixels_of_images = {100, 50, 0, 20}, .ignored_pixels = 3, .image_count = 2};
}

TEST(StaticWeights, InverseFrequency) {
  EXPECT_THAT(counted_weights("inverse_frequency", statistics()), ElementsAre(DoubleEq(100.0 / 240), DoubleEq(100.0 / 120), 1.0, DoubleEq(2.5)));
}

TEST(StaticWeights, InverseFrequencyAveragesToOneOverThePixels) {
  const ClassStatistics s{.pixels = {60, 30, 10}, .images = {}, .pixels_of_images = {}};
  const std::vector<double> w = counted_weights("inverse_frequency", s);
  EXPECT_DOUBLE_EQ(0.6 * w[0] + 0.3 * w[1] + 0.1 * w[2], 1.0);
}

TEST(StaticWeights, MedianFrequencyCountsTheImagesThatHoldTheClass) {
  // g = 0.6, 0.6, -, 0.5: the median of an odd number is the middle one.
  EXPECT_THAT(counted_weights("median_frequency", statistics()),
              ElementsAre(DoubleNear(1.0, 1e-12), DoubleNear(1.0, 1e-12), 1.0, DoubleNear(1.2, 1e-12)));
}

TEST(StaticWeights, MedianOfAnEvenNumberIsBetweenTheMiddleTwo) {
  const ClassStatistics s{.pixels = {2, 4}, .images = {1, 1}, .pixels_of_images = {10, 10}};
  EXPECT_THAT(counted_weights("median_frequency", s), ElementsAre(DoubleNear(1.5, 1e-12), DoubleNear(0.75, 1e-12)));
}

TEST(StaticWeights, EffectiveNumber) {
  // N = 4, b = 3/4: (1/4) / (1 - b^n) = 1 for n = 1, (1/4) / (37/64) = 16/37 for n = 3; scaled by 2 / (53/37).
  const ClassStatistics s{.pixels = {1, 3}, .images = {}, .pixels_of_images = {}};
  EXPECT_THAT(counted_weights("effective_number", s), ElementsAre(DoubleNear(74.0 / 53, 1e-12), DoubleNear(32.0 / 53, 1e-12)));
}

TEST(StaticWeights, EffectiveNumberKeepsItsDigitsForManyPixels) {
  // b^n tends to e^(-f): w proportional to 1 / (1 - e^(-f_c)).
  const ClassStatistics s{.pixels = {900'000'000'000, 100'000'000'000}, .images = {}, .pixels_of_images = {}};
  const std::vector<double> w = counted_weights("effective_number", s);
  EXPECT_NEAR(w[1] / w[0], std::expm1(-0.9) / std::expm1(-0.1), 1e-9);
  EXPECT_NEAR(w[0] + w[1], 2.0, 1e-12);
}

TEST(StaticWeights, Enet) {
  EXPECT_THAT(counted_weights("enet", statistics()),
              ElementsAre(DoubleEq(1 / std::log(1.62)), DoubleEq(1 / std::log(1.32)), 1.0, DoubleEq(1 / std::log(1.12))));
}

TEST(StaticWeights, NoPixelAtAllGivesOnes) {
  const ClassStatistics s{.pixels = {0, 0}, .images = {0, 0}, .pixels_of_images = {0, 0}};
  for (const char* scheme : {"inverse_frequency", "median_frequency", "effective_number", "enet"})
    EXPECT_THAT(counted_weights(scheme, s), ElementsAre(1.0, 1.0));
}

TEST(StaticWeights, ManualNamesClassesAndTheRestWeighsOne) {
  LossOptions options;
  const LossContext context{.device = torch::kCPU, .class_names = {"road", "pole"}};
  options.weighted_ce.weights = {{"pole", 5.0}};
  EXPECT_THAT(test::values_of(build_weighting("manual", options, context).classes->weights({})), ElementsAre(1.0, 5.0));
  options.weighted_ce.weights = {{"poles", 5.0}};
  EXPECT_THROW(build_weighting("manual", options, context), Error);
}

ErrorRateOptions recall(ErrorRateSmoothing smoothing, double momentum) {
  ErrorRateOptions options;
  options.smoothing = smoothing;
  options.momentum = momentum;
  return options;
}

std::vector<double> weights_of(ClassWeighting& weighting, const std::vector<std::int64_t>& pixels, const std::vector<std::int64_t>& missed) {
  return test::values_of(weighting.weights(test::sums_of(pixels, missed)));
}

TEST(RecallWeights, PublishedSmoothingCountsAMissAtLeast) {
  ErrorRateWeights weights(ClassScore::kRecall, recall(ErrorRateSmoothing::kPublished, 0), 3, torch::kCPU);
  EXPECT_THAT(weights_of(weights, {10, 4, 1}, {0, 3, 1}), ElementsAre(0.1, 0.75, 1.0));
}

TEST(RecallWeights, WithoutSmoothingAPerfectClassWeighsNothing) {
  ErrorRateWeights weights(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0), 2, torch::kCPU);
  EXPECT_THAT(weights_of(weights, {10, 4}, {0, 3}), ElementsAre(0.0, 0.75));
}

TEST(RecallWeights, AnAbsentClassWeighsNothing) {
  for (const double momentum : {0.0, 0.5}) {
    ErrorRateWeights weights(ClassScore::kRecall, recall(ErrorRateSmoothing::kPublished, momentum), 2, torch::kCPU);
    EXPECT_THAT(weights_of(weights, {10, 0}, {0, 0}), ElementsAre(DoubleNear(0.1, 1e-12), 0.0)) << momentum;
  }
}

TEST(RecallWeights, NoClassThatIsThereWeighsLessThanTheFloor) {
  ErrorRateOptions options = recall(ErrorRateSmoothing::kNone, 0);
  options.floor = 0.25;
  ErrorRateWeights weights(ClassScore::kRecall, options, 3, torch::kCPU);
  EXPECT_THAT(weights_of(weights, {10, 4, 0}, {1, 3, 0}), ElementsAre(0.25, 0.75, 0.0));
}

TEST(RecallWeights, MomentumAssignsTheFirstAndSmoothsTheRest) {
  ErrorRateWeights weights(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0.9), 2, torch::kCPU);
  EXPECT_THAT(weights_of(weights, {4, 0}, {2, 0})[0], DoubleNear(0.5, 1e-12));
  EXPECT_THAT(weights_of(weights, {0, 4}, {0, 1})[1], DoubleNear(0.25, 1e-12));
  EXPECT_THAT(weights_of(weights, {4, 4}, {4, 1}), ElementsAre(DoubleNear(0.55, 1e-12), DoubleNear(0.25, 1e-12)));
}

TEST(RecallWeights, StateKeepsWhatWasAndWasNotSeen) {
  ErrorRateWeights before(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0.9), 2, torch::kCPU);
  ErrorRateWeights after(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0.9), 2, torch::kCPU);
  weights_of(before, {4, 0}, {1, 0});
  after.load(before.state());
  EXPECT_EQ(weights_of(before, {4, 4}, {3, 2}), weights_of(after, {4, 4}, {3, 2}));
}

TEST(IouWeights, CountWhatAClassWronglyTakes) {
  // Class 0 misses 2 of 10 and takes 5 of others: 7 errors in a union of 15; class 1 misses 3 of 4 and takes none.
  ErrorRateWeights weights(ClassScore::kIou, recall(ErrorRateSmoothing::kNone, 0), 3, torch::kCPU);
  const ClassSums sums{{}, test::counts({10, 4, 0}), test::counts({2, 3, 0}), test::counts({13, 1, 2})};
  EXPECT_THAT(test::values_of(weights.weights(sums)), ElementsAre(DoubleNear(7.0 / 15, 1e-12), 0.75, 0.0));
}

TEST(RecallWeights, HasStateOnlyWithMomentum) {
  EXPECT_TRUE(ErrorRateWeights(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0), 2, torch::kCPU).state().empty());
}

TEST(RecallWeights, RefusesTheStateOfOtherClasses) {
  ErrorRateWeights weights(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0.9), 2, torch::kCPU);
  EXPECT_THROW(weights.load(ErrorRateWeights(ClassScore::kRecall, recall(ErrorRateSmoothing::kNone, 0.9), 3, torch::kCPU).state()), Error);
  EXPECT_THROW(weights.load({}), Error);
}

}  // namespace
}  // namespace seg
