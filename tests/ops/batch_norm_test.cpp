#include "ops/batch_norm.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

using test::relative_difference;

struct Case {
  std::vector<std::int64_t> shape;
  bool residual;
  bool relu;
  bool training;
  double upper = std::numeric_limits<double>::infinity();
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << torch::IntArrayRef(c.shape) << (c.residual ? " residual" : "") << (c.relu ? " relu" : "") << (c.training ? " training" : "")
             << " below " << c.upper;
}

BatchNorm random_norm(std::int64_t channels, torch::ScalarType type = torch::kFloat) {
  const auto draw = [&] { return torch::rand({channels}).to(type) + 0.5; };
  return {draw().requires_grad_(true), (draw() - 1).requires_grad_(true), draw() - 1, draw()};
}

struct Normed {
  torch::Tensor output, x, weight, bias, residual, running_mean, running_variance;
};

/// Output, gradients and running statistics of a loss that weights each value differently.
template <class Function>
Normed normed(const Function& function, const torch::Tensor& x, const torch::Tensor& residual, const BatchNorm& given, const Case& c) {
  BatchNorm norm = given;
  norm.weight = given.weight.detach().clone().requires_grad_(true);
  norm.bias = given.bias.detach().clone().requires_grad_(true);
  norm.running_mean = given.running_mean.clone();
  norm.running_variance = given.running_variance.clone();
  const torch::Tensor leaf = x.detach().clone().requires_grad_(true);
  const torch::Tensor added = residual.defined() ? residual.detach().clone().requires_grad_(true) : residual;
  const torch::Tensor output = function(leaf, norm, AfterNorm{added, c.relu, c.upper}, c.training);
  (output.to(torch::kDouble) * torch::linspace(-1, 2, output.numel(), torch::kDouble).view(output.sizes())).sum().backward();
  return {output.detach(),   leaf.grad(),          norm.weight.grad(), norm.bias.grad(), added.defined() ? added.grad() : added,
          norm.running_mean, norm.running_variance};
}

class Cases : public testing::TestWithParam<Case> {};

TEST_P(Cases, KernelEqualsReferenceInDouble) {
  const Case& c = GetParam();
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn(c.shape) * 2 + 5;
  const torch::Tensor residual = c.residual ? torch::randn(c.shape) : torch::Tensor();
  const BatchNorm norm = random_norm(c.shape[1]);
  const BatchNorm wide{norm.weight.to(torch::kDouble), norm.bias.to(torch::kDouble), norm.running_mean.to(torch::kDouble),
                       norm.running_variance.to(torch::kDouble)};
  const Normed expected = normed(reference::batch_norm, x.to(torch::kDouble), c.residual ? residual.to(torch::kDouble) : residual, wide, c);
  const Normed found = normed(batch_norm, x, residual, norm, c);
  EXPECT_LT(relative_difference(found.output, expected.output), 1e-5);
  EXPECT_LT(relative_difference(found.x, expected.x), 1e-4);
  EXPECT_LT(relative_difference(found.weight, expected.weight), 1e-4);
  EXPECT_LT(relative_difference(found.bias, expected.bias), 1e-5);
  EXPECT_LT(relative_difference(found.running_mean, expected.running_mean), 1e-6);
  EXPECT_LT(relative_difference(found.running_variance, expected.running_variance), 1e-6);
  if (c.residual) {
    EXPECT_LT(relative_difference(found.residual, expected.residual), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(BatchNorm, Cases,
                         testing::Values(Case{{2, 64, 9, 7}, false, true, true}, Case{{2, 64, 9, 7}, true, true, true},
                                         Case{{3, 48, 20, 31}, false, false, true}, Case{{1, 37, 3, 5}, true, false, true},
                                         Case{{2, 1, 2, 1}, false, true, true}, Case{{4, 256, 1, 1}, false, true, true},
                                         Case{{2, 19, 30, 40}, true, true, false}, Case{{1, 33, 1, 1}, false, true, false},
                                         Case{{2, 49, 9, 7}, false, true, true, 0.6}, Case{{2, 49, 9, 7}, true, true, true, 0.6},
                                         Case{{1, 48, 5, 6}, false, true, false, 0.6}));

TEST(BatchNorm, RoundsToBfloat16Once) {
  torch::manual_seed(4);
  const torch::Tensor x = torch::randn({2, 40, 11, 13}).to(torch::kBFloat16), residual = torch::randn({2, 40, 11, 13}).to(torch::kBFloat16);
  const BatchNorm norm = random_norm(40);
  const Case c{{2, 40, 11, 13}, true, true, true};
  const Normed exact = normed(batch_norm, x.to(torch::kFloat), residual.to(torch::kFloat), norm, c);
  const Normed rounded = normed(batch_norm, x, residual, norm, c);
  EXPECT_EQ(rounded.output.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(rounded.output.equal(exact.output.to(torch::kBFloat16)));
  EXPECT_LT(relative_difference(rounded.x, exact.x), 0.01);
}

TEST(BatchNorm, TheNumberOfThreadsChangesNoBit) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({2, 64, 40, 41});
  const BatchNorm norm = random_norm(64);
  const Case c{{2, 64, 40, 41}, false, true, true};
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Normed one = normed(batch_norm, x, {}, norm, c);
  at::set_num_threads(3);
  const Normed three = normed(batch_norm, x, {}, norm, c);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.output.equal(three.output));
  EXPECT_TRUE(one.x.equal(three.x));
  EXPECT_TRUE(one.weight.equal(three.weight));
}

TEST(BatchNorm, KeepsADistantMeanApartFromTheSpread) {
  torch::manual_seed(6);
  const torch::Tensor x = torch::randn({2, 16, 64, 64}) + 1000;
  const torch::Tensor y = batch_norm(x, {torch::ones({16}), torch::zeros({16}), torch::zeros({16}), torch::ones({16})}, {}, true);
  EXPECT_NEAR(y.mean().item<double>(), 0, 1e-3);
  EXPECT_NEAR(y.std().item<double>(), 1, 1e-3);
}

TEST(BatchNorm, AFirstPixelFarOffCostsTheVarianceNoDigits) {
  torch::manual_seed(7);
  for (const double deviations : {10.0, 100.0}) {
    torch::Tensor x = torch::randn({2, 49, 60, 61});
    x.select(0, 0).select(1, 0).select(1, 0).add_(deviations);
    for (const torch::Tensor& features : {x, x.to(torch::kBFloat16)}) {
      BatchNorm norm = random_norm(49);
      norm.momentum = 1;
      batch_norm(features, norm, {}, true);
      const auto [variance, mean] = torch::var_mean(features.to(torch::kDouble), {0, 2, 3}, /*unbiased=*/true);
      EXPECT_LT(((norm.running_variance - variance) / variance).abs().max().item<double>(), 1e-6) << deviations;
      EXPECT_LT((norm.running_mean - mean).abs().max().item<double>(), 1e-6) << deviations;
    }
  }
}

TEST(BatchNorm, NotANumberStaysVisibleBehindTheReLU) {
  torch::Tensor x = torch::randn({1, 16, 4, 4});
  x[0][3][1][1] = std::nanf("");
  const torch::Tensor y = batch_norm(x, random_norm(16), {{}, true}, false);
  EXPECT_EQ(y.isnan().sum().item<std::int64_t>(), 1);
}

TEST(BatchNorm, ASingleValuePerChannelIsRefused) {
  EXPECT_THROW(batch_norm(torch::ones({1, 8, 1, 1}), random_norm(8), {}, true), Error);
  EXPECT_NO_THROW(batch_norm(torch::ones({1, 8, 1, 1}), random_norm(8), {}, false));
}

}  // namespace
}  // namespace seg
