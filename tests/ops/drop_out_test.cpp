#include "ops/drop_out.hpp"

#include <gtest/gtest.h>

#include "ops/training_pass.hpp"

namespace seg {
namespace {

TEST(DropOut, DropsTheShareAndKeepsTheMean) {
  torch::manual_seed(1);
  const torch::Tensor y = drop_out(torch::ones({1, 64, 50, 50}), 0.1, true);
  EXPECT_NEAR(y.eq(0).to(torch::kFloat64).mean().item<double>(), 0.1, 0.003);
  EXPECT_NEAR(y.mean().item<double>(), 1.0, 0.003);
}

TEST(DropOut, NeighboursAreIndependent) {
  torch::manual_seed(2);
  const torch::Tensor kept = drop_out(torch::ones({100000}), 0.5, true).ne(0).to(torch::kFloat64) - 0.5;
  for (std::int64_t shift = 1; shift <= 5; ++shift)
    EXPECT_NEAR((kept.slice(0, shift) * kept.slice(0, 0, -shift)).mean().item<double>(), 0.0, 0.005) << shift;
}

TEST(DropOut, DoesNothingInEvaluation) {
  const torch::Tensor x = torch::randn({2, 3});
  EXPECT_TRUE(torch::equal(drop_out(x, 0.5, false), x));
}

TEST(DropOut, GradientIsThatOfTheMask) {
  const torch::Tensor x = torch::full({37}, 3.0F).requires_grad_();
  const torch::Tensor y = drop_out(x, 0.25, true);
  y.sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad() * 3, y));
}

TEST(DropOut, KeepsLayoutAndDtype) {
  const torch::Tensor x = torch::ones({2, 3, 5, 7}).to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor y = drop_out(x, 0.5, true);
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
}

TEST(DropOut, TheSameSeedDropsTheSame) {
  const torch::Tensor x = torch::ones({50});
  torch::manual_seed(5);
  const torch::Tensor first = drop_out(x, 0.5, true);
  torch::manual_seed(5);
  EXPECT_TRUE(torch::equal(drop_out(x, 0.5, true), first));
}

TEST(DropOut, InAScopeFollowsItsSeedAndTheOrderOfTheCalls) {
  const torch::Tensor x = torch::ones({50}), seed = torch::tensor({7}, torch::kInt64);
  const auto two = [&] {
    const TrainingPassScope pass({.seed = seed});
    return std::pair(drop_out(x, 0.5, true), drop_out(x, 0.5, true));
  };
  const auto [first, second] = two();
  torch::manual_seed(99);  // has no part in it
  const auto [again, after] = two();
  EXPECT_TRUE(again.equal(first));
  EXPECT_TRUE(after.equal(second));
  EXPECT_FALSE(second.equal(first));
  seed.fill_(8);  // as before a replay
  EXPECT_FALSE(two().first.equal(first));
}

TEST(DropOut, BackwardDropsTheSameWhateverTheGradientsLayout) {
  const torch::Tensor x = torch::ones({2, 6, 5, 4}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
  const torch::Tensor y = drop_out(x, 0.5, true);
  y.backward(torch::ones({2, 6, 5, 4}));
  EXPECT_TRUE(torch::equal(x.grad(), y));
}

}  // namespace
}  // namespace seg
