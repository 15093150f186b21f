#include "bench/measure.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

TEST(Measure, MedianOfAnOddNumberIsTheMiddle) {
  const Measurement three = measurement_of({9, 1, 2});
  EXPECT_EQ(three.median, 2);
  EXPECT_EQ(three.low, 1);
  EXPECT_EQ(three.high, 9);
  EXPECT_EQ(three.mean, 4);
  EXPECT_EQ(three.runs, 3);
}

TEST(Measure, MedianOfAnEvenNumberIsBetweenTheMiddleTwo) { EXPECT_EQ(measurement_of({8, 1, 2, 4}).median, 3); }

TEST(Measure, NothingIsNoMeasurement) { EXPECT_THROW(measurement_of({}), Error); }

TEST(Measure, RatesAreAmountsASecond) { EXPECT_THAT(rates({0.5, 2.0}, 4), ElementsAre(8, 2)); }

TEST(Measure, WarmUpIsNotMeasured) {
  int calls = 0;
  EXPECT_EQ(measure({.warmup = 3, .runs = 4}, [&] { ++calls; }).size(), 4u);
  EXPECT_EQ(calls, 7);
}

TEST(Measure, RunsOnADeviceFollowEachOther) {
  int calls = 0;
  const auto seconds = measure_on(torch::kCPU, {.warmup = 2, .runs = 3}, [&] {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  });
  EXPECT_EQ(calls, 5);
  EXPECT_THAT(seconds, testing::AllOf(testing::SizeIs(3), testing::Each(testing::Gt(0.0019))));
}

TEST(Measure, WorksTakeTurns) {
  std::string order;
  measure_in_turn({.warmup = 1, .runs = 2}, {[&] { order += 'a'; }, [&] { order += 'b'; }});
  EXPECT_EQ(order, "ababab");
}

}  // namespace
}  // namespace seg
