// Ranks as threads, each with parameters of its own; a gradient is the parameter's factor in the loss, so that all sums are exact.
#include "engine/training/gradient_sum.hpp"

#include <gmock/gmock.h>
#include <torch/autograd.h>

#include <cmath>
#include <utility>

#include "support/ranks.hpp"

namespace seg {
namespace {

using Tensors = std::vector<torch::Tensor>;

constexpr std::int64_t kBucketValues = kBucketBytes / static_cast<std::int64_t>(sizeof(float));

torch::Tensor parameter(at::IntArrayRef sizes) { return torch::ones(sizes).requires_grad_(true); }

/// A gradient that no other place and no other rank has: base, base + 1, ...
torch::Tensor factor(const torch::Tensor& parameter, double base) {
  return torch::arange(parameter.numel()).remainder(1000).to(torch::kFloat).add(base).view(parameter.sizes());
}

/// Makes `factors` the gradients, the last first; an undefined one gives none.
void backward(const Tensors& parameters, const Tensors& factors) {
  torch::Tensor loss = torch::zeros({});
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (factors[i].defined()) loss = loss + (parameters[i] * factors[i]).sum();
  loss.backward();
}

void clear(const Tensors& parameters) {
  for (const torch::Tensor& parameter : parameters) parameter.mutable_grad().reset();
}

TEST(GradientBuckets, GoFromTheLastParameterToTheFirst) {
  const Tensors parameters{parameter({3}), parameter({kBucketValues}), parameter({kBucketValues - 1}), parameter({1}), parameter({2})};
  const std::vector<Tensors> buckets = gradient_buckets(parameters);
  ASSERT_EQ(buckets.size(), 3u);  // what fills a bucket ends it
  EXPECT_THAT(buckets[0], testing::SizeIs(3));
  EXPECT_TRUE(buckets[0][0].is_same(parameters[4]));
  EXPECT_TRUE(buckets[0][2].is_same(parameters[2]));
  EXPECT_TRUE(buckets[1][0].is_same(parameters[1]));
  EXPECT_TRUE(buckets[2][0].is_same(parameters[0]));
}

TEST(GradientSum, IsTheSumOverTheRanksInEveryStep) {
  run_ranks(3, [](const Communicator& ranks) {
    const Tensors parameters{parameter({4, 3}), parameter({5})};
    GradientSum sum(parameters, ranks);
    for (const double step : {1.0, 7.0}) {
      const double own = step * static_cast<double>(ranks.rank() + 1);
      clear(parameters);
      sum.begin();
      backward(parameters, {torch::full({4, 3}, own), torch::full({5}, 2 * own)});
      EXPECT_GE(sum.finish(), 0);
      EXPECT_TRUE(parameters[0].grad().equal(torch::full({4, 3}, 6 * step)));
      EXPECT_TRUE(parameters[1].grad().equal(torch::full({5}, 12 * step)));
    }
  });
}

TEST(GradientSum, CountsThePassesBeforeTheLast) {
  run_ranks(2, [](const Communicator& ranks) {
    const Tensors parameters{parameter({5})};
    GradientSum sum(parameters, ranks);
    backward(parameters, {torch::full({5}, 1.0)});
    EXPECT_TRUE(parameters[0].grad().equal(torch::full({5}, 1.0)));  // nothing is sent yet
    sum.begin();
    backward(parameters, {torch::full({5}, 10.0)});
    sum.finish();
    EXPECT_TRUE(parameters[0].grad().equal(torch::full({5}, 22.0)));
  });
}

TEST(GradientSum, KeepsTheLayoutOfTheParameters) {
  run_ranks(2, [](const Communicator& ranks) {
    const torch::Tensor last = torch::ones({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_(true);
    const Tensors parameters{parameter({7}), last, parameter({3})};
    GradientSum sum(parameters, ranks);
    sum.begin();
    backward(parameters, {factor(parameters[0], 1), factor(last, 2), factor(parameters[2], 3)});
    sum.finish();
    EXPECT_EQ(last.grad().strides(), last.strides());
    EXPECT_TRUE(last.grad().equal(2 * factor(last, 2)));
    EXPECT_TRUE(parameters[0].grad().equal(2 * factor(parameters[0], 1)));
  });
}

TEST(GradientSum, AParameterThatGotNoneKeepsNone) {
  run_ranks(2, [](const Communicator& ranks) {
    const Tensors parameters{parameter({4}), parameter({2})};
    GradientSum sum(parameters, ranks);
    sum.begin();
    backward(parameters, {factor(parameters[0], 1), {}});
    sum.finish();
    EXPECT_FALSE(parameters[1].grad().defined());
    EXPECT_TRUE(parameters[0].grad().equal(2 * factor(parameters[0], 1)));
  });
}

TEST(GradientSum, ARankWithoutAGradientAddsNothingOfAnEarlierStep) {
  run_ranks(2, [](const Communicator& ranks) {
    const Tensors parameters{parameter({4}), parameter({2})};
    GradientSum sum(parameters, ranks);
    sum.begin();
    backward(parameters, {torch::full({4}, 3.0), torch::full({2}, 5.0)});
    sum.finish();
    clear(parameters);
    sum.begin();
    backward(parameters, {torch::full({4}, 1.0), ranks.is_first() ? torch::full({2}, 1.0) : torch::Tensor()});
    sum.finish();
    EXPECT_TRUE(parameters[0].grad().equal(torch::full({4}, 2.0)));
    if (ranks.is_first())
      EXPECT_TRUE(parameters[1].grad().equal(torch::full({2}, 1.0)));
    else
      EXPECT_FALSE(parameters[1].grad().defined());
  });
}

TEST(GradientSum, BucketsMeetWhateverOrderBackwardTakes) {
  run_ranks(2, [](const Communicator& ranks) {
    const Tensors parameters{parameter({kBucketValues}), parameter({kBucketValues}), parameter({kBucketValues})};
    ASSERT_EQ(gradient_buckets(parameters).size(), 3u);
    GradientSum sum(parameters, ranks);
    sum.begin();
    Tensors ordered = parameters, factors{torch::full({1}, 1.0), torch::full({1}, 10.0), torch::full({1}, 100.0)};
    if (ranks.is_first()) {  // its last gradient comes first
      std::swap(ordered[0], ordered[2]);
      std::swap(factors[0], factors[2]);
    }
    backward(ordered, factors);
    sum.finish();
    for (std::size_t i = 0; i < parameters.size(); ++i) EXPECT_TRUE(parameters[i].grad().eq(2 * std::pow(10.0, i)).all().item<bool>()) << i;
  });
}

TEST(GradientSum, SendsABucketWhileBackwardGoesOn) {
  run_ranks(2, [](const Communicator& ranks) {
    const Tensors parameters{parameter({2}), parameter({kBucketValues})};
    GradientSum sum(parameters, ranks);
    std::int64_t given = 0;
    parameters[0].register_hook([&](const torch::Tensor&) { given = ranks.bytes_given(); });  // before this gradient is added up
    sum.begin();
    backward(parameters, {torch::ones({2}), torch::ones({1})});
    EXPECT_EQ(given, kBucketBytes);
    sum.finish();
    EXPECT_EQ(ranks.bytes_given(), kBucketBytes + 2 * static_cast<std::int64_t>(sizeof(float)));
  });
}

TEST(GradientSum, RoundsWhatTravelsAsBfloat16) {
  // One process sends nothing: between CPUs, nothing adds up bfloat16.
  const Tensors parameters{parameter({3})};
  GradientSum sum(parameters, {}, torch::kBFloat16);
  sum.begin();
  backward(parameters, {torch::tensor({1.0f, 1.0f + 1.0f / 64, 1.0f + 1.0f / 1024})});
  sum.finish();
  EXPECT_EQ(parameters[0].grad().scalar_type(), torch::kFloat);
  EXPECT_TRUE(parameters[0].grad().equal(torch::tensor({1.0f, 1.0f + 1.0f / 64, 1.0f})));
}

TEST(GradientSum, LeavesTheParametersAloneWhenItIsGone) {
  const Tensors parameters{parameter({3})};
  GradientSum(parameters, {}).begin();
  backward(parameters, {torch::ones({3})});
  EXPECT_TRUE(parameters[0].grad().equal(torch::ones({3})));
}

}  // namespace
}  // namespace seg
