#include <gtest/gtest.h>

#include "engine/training/training_step.hpp"

namespace seg {
namespace {

torch::Tensor counts(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kLong); }
torch::Tensor weights(const std::vector<double>& values) { return torch::tensor(values, torch::kDouble); }

TEST(ClassStatisticsSum, CountsAreSummedAndWeightsAreTheMeanOfThoseUsed) {
  ClassStatisticsSum sum;
  sum.add({counts({10, 0, 0}), weights({0.2, 7.0, 7.0}), counts({2, 0, 0})});
  sum.add({counts({30, 4, 0}), weights({0.6, 0.5, 7.0}), counts({18, 2, 0})});
  const BatchClassStatistics mean = sum.mean();
  EXPECT_TRUE(mean.pixels.equal(counts({40, 4, 0})));
  EXPECT_TRUE(mean.false_negatives.equal(counts({20, 2, 0})));
  EXPECT_TRUE(torch::allclose(mean.weights, weights({0.4, 0.5, 0.0}), 1e-12, 0));
}

TEST(ClassStatisticsSum, FalsePositivesAreSummed) {
  ClassStatisticsSum sum;
  sum.add({counts({10, 0}), weights({0.2, 7.0}), counts({2, 0}), counts({1, 3})});
  sum.add({counts({30, 4}), weights({0.6, 0.5}), counts({18, 2}), counts({4, 0})});
  EXPECT_TRUE(sum.mean().false_positives.equal(counts({5, 3})));
}

TEST(ClassStatisticsSum, OneBatchIsItself) {
  ClassStatisticsSum sum;
  sum.add({counts({3, 5}), weights({1.0 / 3, 0.1}), {}});
  EXPECT_TRUE(sum.mean().weights.equal(weights({1.0 / 3, 0.1})));
  EXPECT_FALSE(sum.mean().false_negatives.defined());
}

TEST(ClassStatisticsSum, ALossWithoutWeightsHasNoStatistics) {
  ClassStatisticsSum sum;
  sum.add({});
  EXPECT_FALSE(sum.mean().weights.defined());
}

}  // namespace
}  // namespace seg
