#include "optim/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace seg {
namespace {

ScheduleOptions of_type(const std::string& type) {
  ScheduleOptions options;
  options.type = config::value_of(type, kScheduleTypes);
  return options;
}

TEST(Schedule, ConstantStays) { EXPECT_EQ(learning_rate(of_type("constant"), 0.1, 77, 100), 0.1); }

TEST(Schedule, PolyFallsToZero) {
  EXPECT_DOUBLE_EQ(learning_rate(of_type("poly"), 0.1, 0, 100), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(of_type("poly"), 0.1, 25, 100), 0.1 * std::pow(0.75, 0.9));
  EXPECT_EQ(learning_rate(of_type("poly"), 0.1, 100, 100), 0.0);
}

TEST(Schedule, CosineFallsToItsMinimum) {
  ScheduleOptions options = of_type("cosine");
  options.cosine.min_factor = 0.2;
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 0, 100), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 50, 100), 0.6);
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 100, 100), 0.2);
}

TEST(Schedule, StepFallsAtEachMilestone) {
  ScheduleOptions options = of_type("step");
  options.step = {.milestones = {10, 20}, .gamma = 0.5};
  EXPECT_EQ(learning_rate(options, 1.0, 9, 100), 1.0);
  EXPECT_EQ(learning_rate(options, 1.0, 10, 100), 0.5);
  EXPECT_EQ(learning_rate(options, 1.0, 20, 100), 0.25);
}

TEST(Schedule, WarmupRisesToTheBaseRateBeforeTheDecay) {
  ScheduleOptions options = of_type("poly");
  options.warmup = 10;
  options.warmup_start = 0.2;
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 0, 110), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 5, 110), 0.6);
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 10, 110), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, 1.0, 60, 110), std::pow(0.5, 0.9));
}

TEST(Schedule, EveryTypeStaysWithinTheBaseRate) {
  for (const std::string& name : config::texts_of(kScheduleTypes)) {
    ScheduleOptions options = of_type(name);
    options.warmup = 7;
    for (std::int64_t iteration = 0; iteration <= 60; ++iteration) {
      const double rate = learning_rate(options, 0.3, iteration, 50);
      EXPECT_GE(rate, 0.0) << name << iteration;
      EXPECT_LE(rate, 0.3) << name << iteration;
    }
  }
}

}  // namespace
}  // namespace seg
