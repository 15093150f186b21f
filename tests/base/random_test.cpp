#include "base/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace seg {
namespace {

TEST(Random, IsAFunctionOfItsPlace) {
  EXPECT_EQ(Random(seed_of({1, 2, 3})).bits(), Random(seed_of({1, 2, 3})).bits());
  EXPECT_NE(seed_of({1, 2, 3}), seed_of({1, 3, 2}));
  EXPECT_NE(seed_of({0}), seed_of({0, 0}));
}

TEST(Random, UniformHasMeanAndVarianceOfTheUniformDistribution) {
  Random random(7);
  double sum = 0, squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);
  EXPECT_NEAR(squares / kCount - 0.25, 1.0 / 12.0, 0.005);
}

TEST(Random, PermutationHoldsEachIndexOnce) {
  const auto order = Random(3).permutation(100);
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 100u);
  EXPECT_NE(order, Random(4).permutation(100));
}

}  // namespace
}  // namespace seg
