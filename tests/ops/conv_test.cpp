#include "ops/conv.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "base/size.hpp"
#include "device/compute.hpp"
#include "ops/cpu/tap_conv.hpp"
#include "ops/cpu/winograd.hpp"
#include "support/golden.hpp"
#include "support/operations.hpp"

namespace seg {
namespace {

struct ConvCase {
  std::int64_t batch, inputs, outputs, height, width, dilation;
};

std::ostream& operator<<(std::ostream& out, const ConvCase& c) {
  return out << c.batch << "x" << c.inputs << "x" << c.height << "x" << c.width << " to " << c.outputs << ", dilation " << c.dilation;
}

struct Passes {
  torch::Tensor y, x_gradient, weight_gradient;
};

template <class Conv>
Passes passes(const Conv& conv, const torch::Tensor& given_x, const torch::Tensor& given_weight, const torch::Tensor& y_gradient) {
  const torch::Tensor x = given_x.detach().clone().requires_grad_(), weight = given_weight.detach().clone().requires_grad_();
  const torch::Tensor y = conv(x, weight);
  y.backward(y_gradient);
  return {y.detach(), x.grad(), weight.grad()};
}

/// "winograd_conv", "tap_conv" or "conv2d", LibTorch's.
std::string way_of(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) {
  const auto operations = test::operations_of([&] { conv2d(x, weight, steps); });
  for (const std::string way : {"winograd_conv", "tap_conv"})
    if (std::ranges::count(operations, "seg::" + way) > 0) return way;
  return "conv2d";
}

class Conv : public testing::TestWithParam<ConvCase> {
 protected:
  void SetUp() override {
    torch::manual_seed(5);
    const ConvCase c = GetParam();
    x = torch::randn({c.batch, c.inputs, c.height, c.width}).contiguous(at::MemoryFormat::ChannelsLast);
    weight = torch::randn({c.outputs, c.inputs, 3, 3});
    y_gradient = torch::randn({c.batch, c.outputs, c.height, c.width});
  }

  Passes ours() const {
    const ConvSteps steps{1, GetParam().dilation, GetParam().dilation};
    return passes([&](const torch::Tensor& a, const torch::Tensor& b) { return conv2d(a, b, steps); }, x, weight, y_gradient);
  }

  torch::Tensor x, weight, y_gradient;
};

TEST_P(Conv, EqualsTheDirectSumInDouble) {
  const std::int64_t d = GetParam().dilation;
  const Passes expected = passes([&](const torch::Tensor& a, const torch::Tensor& b) { return at::conv2d(a, b, {}, 1, d, d); }, x.to(torch::kDouble),
                                 weight.to(torch::kDouble), y_gradient.to(torch::kDouble));
  const Passes found = ours();
  EXPECT_LT(test::relative_difference(found.y, expected.y), 1e-5);
  EXPECT_LT(test::relative_difference(found.x_gradient, expected.x_gradient), 1e-5);
  EXPECT_LT(test::relative_difference(found.weight_gradient, expected.weight_gradient), 3e-5);  // a sum over all tiles
}

TEST_P(Conv, SameBitsForEveryThreadCount) {
  if (way_of(x, weight, {1, GetParam().dilation, GetParam().dilation}) == "conv2d") GTEST_SKIP() << "LibTorch's";
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Passes one = ours();
  at::set_num_threads(3);
  const Passes three = ours();
  at::set_num_threads(before);
  EXPECT_TRUE(one.y.equal(three.y) && one.x_gradient.equal(three.x_gradient) && one.weight_gradient.equal(three.weight_gradient));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Conv,
                         testing::Values(ConvCase{1, 16, 16, 4, 4, 1}, ConvCase{2, 16, 48, 9, 13, 1}, ConvCase{2, 32, 16, 23, 30, 2},
                                         ConvCase{1, 48, 32, 17, 30, 6}, ConvCase{3, 16, 16, 40, 37, 1}, ConvCase{1, 16, 32, 1, 1, 1},
                                         ConvCase{2, 8, 16, 12, 12, 1}, ConvCase{2, 16, 12, 12, 12, 1}, ConvCase{1, 16, 16, 9, 9, 6},
                                         ConvCase{2, 32, 48, 11, 13, 7}, ConvCase{1, 16, 32, 7, 6, 9}, ConvCase{2, 16, 16, 23, 30, 18}));

/// Input channels, kernel.
class StridedConv : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t>> {};

// With fewer channels than a vector holds, oneDNN writes past its memory: wrong gradients, a crash or no end.
TEST_P(StridedConv, EqualsTheDirectSumInDouble) {
  torch::manual_seed(5);
  const auto [channels, kernel] = GetParam();
  const ConvSteps steps{2, kernel / 2, 1};
  for (const Size size : {Size{32, 32}, Size{91, 120}}) {
    const torch::Tensor x = torch::randn({4, channels, size.height, size.width}).contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor weight = torch::randn({16, channels, kernel, kernel});
    const torch::Tensor y_gradient = torch::randn({4, 16, (size.height + 1) / 2, (size.width + 1) / 2}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto ours = [&](const torch::Tensor& a, const torch::Tensor& b) { return conv2d(a, b, steps); };
    const auto direct = [&](const torch::Tensor& a, const torch::Tensor& b) { return at::conv2d(a, b, {}, steps.stride, steps.padding); };
    const Passes found = passes(ours, x, weight, y_gradient);
    const Passes expected = passes(direct, x.to(torch::kDouble), weight.to(torch::kDouble), y_gradient.to(torch::kDouble));
    EXPECT_LT(test::relative_difference(found.y, expected.y), 1e-5) << size.height;
    EXPECT_LT(test::relative_difference(found.x_gradient, expected.x_gradient), 1e-5) << size.height;
    EXPECT_LT(test::relative_difference(found.weight_gradient, expected.weight_gradient), 1e-5) << size.height;
  }
}

INSTANTIATE_TEST_SUITE_P(FewChannels, StridedConv, testing::Combine(testing::Range<std::int64_t>(1, 18), testing::Values(1, 3)));

TEST(ConvWays, FollowFromTheShape) {
  const torch::Tensor x = torch::randn({1, 16, 24, 32}), weight = torch::randn({16, 16, 3, 3});
  EXPECT_EQ(way_of(x, weight, {1, 1, 1}), "winograd_conv");
  EXPECT_EQ(way_of(x, weight, {1, 2, 2}), "winograd_conv");
  EXPECT_EQ(way_of(x, weight, {1, 18, 18}), "tap_conv");                    // of each tile little would be used
  EXPECT_EQ(way_of(x, weight, {2, 1, 1}), "conv2d");                        // minimal filtering would compute four times what is asked for
  EXPECT_EQ(way_of(x, weight, {1, 0, 1}), "conv2d");                        // another size
  EXPECT_EQ(way_of(x, torch::randn({16, 16, 1, 1}), {}), "conv2d");         // nothing to save
  EXPECT_EQ(way_of(x, torch::randn({12, 16, 3, 3}), {1, 1, 1}), "conv2d");  // channels that do not fit
  EXPECT_EQ(way_of(x.to(torch::kDouble), weight.to(torch::kDouble), {1, 1, 1}), "conv2d");
}

TEST(ConvWays, OneByOneOfFewChannelsLeaveOutPixelsBeforehand) {
  const auto leaves_out = [](std::int64_t channels, std::int64_t kernel, std::int64_t stride) {
    const torch::Tensor x = torch::randn({1, channels, 12, 12}), weight = torch::randn({16, channels, kernel, kernel});
    const auto operations = test::operations_of([&] { conv2d(x, weight, {stride, kernel / 2, 1}); });
    return std::ranges::count(operations, "aten::slice") > 0;
  };
  for (const std::int64_t channels : {3, 8, 15}) EXPECT_TRUE(leaves_out(channels, 1, 2)) << channels;
  EXPECT_FALSE(leaves_out(16, 1, 2));
  EXPECT_FALSE(leaves_out(8, 1, 1));
  EXPECT_FALSE(leaves_out(8, 3, 2));
}

TEST(TapConv, ShareIsThatOfProductsInsideTheImage) {
  EXPECT_DOUBLE_EQ(cpu::tap_share(10, 10, 20), 1.0 / 9);  // the centre alone
  EXPECT_DOUBLE_EQ(cpu::tap_share(10, 10, 5), 4.0 / 9);   // (1 + 2 / 2)^2 of 9
  EXPECT_NEAR(cpu::tap_share(1000, 1000, 1), 1.0, 0.002);
}

TEST(ConvWays, UnderAutocastItIsLibTorchs) {
  const torch::Tensor x = torch::randn({1, 16, 24, 32}), weight = torch::randn({16, 16, 3, 3});
  if (!multiplies_bf16(torch::kCPU)) GTEST_SKIP() << "this processor does not multiply bfloat16";
  const PrecisionScope precision(torch::kCPU, torch::kBFloat16);
  const torch::Tensor y = conv2d(x, weight, {1, 1, 1});
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
}

TEST(ConvWays, WhatNeedsNoGradientGetsNone) {
  const torch::Tensor x = torch::randn({1, 16, 24, 32}), weight = torch::randn({16, 16, 3, 3}).requires_grad_();
  const torch::Tensor y = conv2d(x, weight, {1, 1, 1});
  const auto operations = test::operations_of([&] { y.sum().backward(); });
  EXPECT_EQ(std::ranges::count(operations, "seg::winograd_conv_input_gradient"), 0);
  EXPECT_EQ(std::ranges::count(operations, "seg::winograd_conv_weight_gradient"), 1);
}

TEST(Winograd, FillIsTheShareOfTilesThatIsUsed) {
  EXPECT_DOUBLE_EQ(cpu::winograd_fill(8, 12, 1), 1.0);
  EXPECT_DOUBLE_EQ(cpu::winograd_fill(5, 4, 1), 0.625);
  EXPECT_DOUBLE_EQ(cpu::winograd_fill(8, 8, 2), 1.0);  // four images of 4x4
  EXPECT_DOUBLE_EQ(cpu::winograd_fill(6, 6, 6), 1.0 / 16);
}

}  // namespace
}  // namespace seg
