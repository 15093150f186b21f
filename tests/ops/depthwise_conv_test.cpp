#include "ops/depthwise_conv.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "ops/packed_convs.hpp"
#include "support/golden.hpp"
#include "support/operations.hpp"

namespace seg {
namespace {

struct DepthwiseCase {
  std::int64_t batch, channels, height, width, kernel, stride, dilation;
  std::array<std::int64_t, 4> padding;
};

std::ostream& operator<<(std::ostream& out, const DepthwiseCase& c) {
  return out << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << ", kernel " << c.kernel << ", stride " << c.stride
             << ", dilation " << c.dilation << ", padding " << at::IntArrayRef(c.padding);
}

struct DepthwisePasses {
  torch::Tensor y, x_gradient, weight_gradient;
};

template <class Conv>
DepthwisePasses depthwise_passes(const Conv& conv, const torch::Tensor& given_x, const torch::Tensor& given_weight, const DepthwiseSteps& steps) {
  const torch::Tensor x = given_x.detach().clone().requires_grad_(), weight = given_weight.detach().clone().requires_grad_();
  const torch::Tensor y = conv(x, weight, steps);
  torch::manual_seed(6);
  y.backward(torch::randn(y.sizes()).to(y.scalar_type()));
  return {y.detach(), x.grad(), weight.grad()};
}

class Depthwise : public testing::TestWithParam<DepthwiseCase> {
 protected:
  void SetUp() override {
    torch::manual_seed(5);
    const DepthwiseCase& c = GetParam();
    x = torch::randn({c.batch, c.channels, c.height, c.width}).contiguous(at::MemoryFormat::ChannelsLast);
    weight = torch::randn({c.channels, 1, c.kernel, c.kernel});
    steps = {c.stride, c.dilation, c.padding};
  }

  torch::Tensor x, weight;
  DepthwiseSteps steps;
};

TEST_P(Depthwise, EqualsTheReferenceInDouble) {
  const DepthwisePasses expected = depthwise_passes(reference::depthwise_conv, x.to(torch::kDouble), weight.to(torch::kDouble), steps);
  const DepthwisePasses found = depthwise_passes(depthwise_conv, x, weight, steps);
  EXPECT_LT(test::relative_difference(found.y, expected.y), 1e-6);
  EXPECT_LT(test::relative_difference(found.x_gradient, expected.x_gradient), 1e-6);
  EXPECT_LT(test::relative_difference(found.weight_gradient, expected.weight_gradient), 1e-5);
  EXPECT_TRUE(found.y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_P(Depthwise, Bfloat16IsRoundedOnce) {
  const torch::Tensor x16 = x.to(torch::kBFloat16), weight16 = weight.to(torch::kBFloat16);
  const DepthwisePasses exact = depthwise_passes(reference::depthwise_conv, x16.to(torch::kDouble), weight16.to(torch::kDouble), steps);
  const DepthwisePasses found = depthwise_passes(depthwise_conv, x16, weight16, steps);
  EXPECT_EQ(found.y.scalar_type(), torch::kBFloat16);
  EXPECT_LT(test::relative_difference(found.y, exact.y), 1.0 / 256);  // half a unit of the largest value's last digit
  EXPECT_LT(test::relative_difference(found.x_gradient, exact.x_gradient), 1.0 / 128);
  EXPECT_LT(test::relative_difference(found.weight_gradient, exact.weight_gradient), 1.0 / 64);  // of a gradient that is rounded itself
}

TEST_P(Depthwise, SameBitsForEveryThreadCount) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const DepthwisePasses one = depthwise_passes(depthwise_conv, x, weight, steps);
  at::set_num_threads(3);
  const DepthwisePasses three = depthwise_passes(depthwise_conv, x, weight, steps);
  at::set_num_threads(before);
  EXPECT_TRUE(one.y.equal(three.y) && one.x_gradient.equal(three.x_gradient) && one.weight_gradient.equal(three.weight_gradient));
}

TEST_P(Depthwise, FoldsTheBatchNormWherePredictionKeepsWeights) {
  const torch::NoGradGuard no_gradient;
  const std::int64_t channels = GetParam().channels;
  const BatchNorm norm{torch::rand({channels}) + 0.5, torch::randn({channels}), torch::randn({channels}), torch::rand({channels}) + 0.5, 0.1, 1e-3};
  for (const AfterNorm& after : {AfterNorm{}, AfterNorm{{}, true}, AfterNorm{{}, true, 2.0}}) {
    PackedConvs convs(torch::kFloat);
    const PackedConvsScope scope(&convs);
    const torch::Tensor first = depthwise_conv_norm(x, weight, steps, norm, after, false);
    EXPECT_LT(test::relative_difference(first, reference::batch_norm(reference::depthwise_conv(x, weight, steps), norm, after, false)), 1e-5);
    const auto operations = test::operations_of([&] { EXPECT_TRUE(depthwise_conv_norm(x, weight, steps, norm, after, false).equal(first)); });
    EXPECT_EQ(std::ranges::count(operations, "aten::cat"), 0);  // nothing is folded again
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Depthwise,
                         testing::Values(DepthwiseCase{2, 32, 9, 13, 3, 1, 1, {1, 1, 1, 1}}, DepthwiseCase{2, 96, 12, 10, 3, 2, 1, {0, 1, 0, 1}},
                                         DepthwiseCase{1, 48, 11, 14, 5, 2, 1, {2, 2, 1, 2}}, DepthwiseCase{2, 40, 8, 21, 5, 1, 2, {4, 4, 4, 4}},
                                         DepthwiseCase{1, 144, 19, 17, 5, 1, 1, {2, 2, 2, 2}}, DepthwiseCase{3, 8, 7, 5, 3, 1, 4, {4, 4, 4, 4}},
                                         DepthwiseCase{1, 7, 6, 6, 3, 2, 1, {1, 1, 1, 1}}, DepthwiseCase{2, 16, 1, 1, 5, 2, 1, {2, 2, 2, 2}},
                                         DepthwiseCase{1, 80, 10, 31, 3, 2, 3, {3, 2, 1, 4}}, DepthwiseCase{1, 21, 9, 9, 3, 1, 1, {0, 0, 0, 0}}));

TEST(DepthwiseConv, OtherKernelsAndTypesAreLibTorchs) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({1, 8, 9, 9}), seven = torch::randn({8, 1, 7, 7}), three = torch::randn({8, 1, 3, 3});
  const DepthwiseSteps wide{1, 1, {3, 3, 3, 3}}, narrow{1, 1, {1, 1, 1, 1}};
  EXPECT_LT(test::relative_difference(depthwise_conv(x, seven, wide), reference::depthwise_conv(x, seven, wide)), 1e-6);
  const auto operations = test::operations_of([&] { depthwise_conv(x.to(torch::kDouble), three.to(torch::kDouble), narrow); });
  EXPECT_EQ(std::ranges::count(operations, "seg::depthwise_forward"), 0);
}

TEST(DepthwiseConv, WhatNeedsNoGradientGetsNone) {
  const torch::Tensor x = torch::randn({1, 8, 9, 9}), weight = torch::randn({8, 1, 3, 3}).requires_grad_();
  const torch::Tensor y = depthwise_conv(x, weight, {1, 1, {1, 1, 1, 1}});
  const auto operations = test::operations_of([&] { y.sum().backward(); });
  EXPECT_EQ(std::ranges::count(operations, "seg::depthwise_input_gradient"), 0);
  EXPECT_EQ(std::ranges::count(operations, "seg::depthwise_weight_gradient"), 1);
}

TEST(DepthwiseConv, NotANumberStaysVisibleBehindTheBounds) {
  const torch::NoGradGuard no_gradient;
  torch::Tensor x = torch::ones({1, 16, 5, 5});
  x[0][3][2][2] = std::nanf("");
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  const torch::Tensor ones = torch::ones({16});
  const torch::Tensor y = depthwise_conv_norm(x, torch::ones({16, 1, 3, 3}), {1, 1, {1, 1, 1, 1}}, {ones, ones, ones, ones}, {{}, true, 6.0}, false);
  EXPECT_EQ(y.isnan().sum().item<std::int64_t>(), 9);
}

TEST(DepthwiseConv, WrongShapesAreRefused) {
  const torch::Tensor x = torch::ones({1, 8, 5, 5});
  EXPECT_THROW(depthwise_conv(x, torch::ones({8, 8, 3, 3}), {}), Error);
  EXPECT_THROW(depthwise_conv(x, torch::ones({4, 1, 3, 3}), {}), Error);
  EXPECT_THROW(depthwise_conv(x, torch::ones({8, 1, 3, 3}), {1, 3, {}}), Error);  // reaches seven pixels
  EXPECT_THROW(depthwise_conv(x, torch::ones({8, 1, 3, 3}), {0, 1, {}}), Error);
}

}  // namespace
}  // namespace seg
