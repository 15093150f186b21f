#include "ops/packed_convs.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "device/compute.hpp"
#include "ops/upsampled_conv.hpp"
#include "support/golden.hpp"
#include "support/operations.hpp"

namespace seg {
namespace {

struct PackedCase {
  std::int64_t inputs, outputs, kernel, stride, dilation, height, width;
};

std::ostream& operator<<(std::ostream& out, const PackedCase& c) {
  return out << c.inputs << " to " << c.outputs << ", " << c.kernel << "x" << c.kernel << ", stride " << c.stride << ", dilation " << c.dilation
             << ", " << c.height << "x" << c.width;
}

BatchNorm some_norm(std::int64_t channels) {
  return {torch::rand({channels}) + 0.5, torch::randn({channels}), torch::randn({channels}), torch::rand({channels}) + 0.5};
}

class Packed : public testing::TestWithParam<PackedCase> {
 protected:
  void SetUp() override {
    torch::manual_seed(3);
    const PackedCase c = GetParam();
    x = torch::randn({1, c.inputs, c.height, c.width}).contiguous(at::MemoryFormat::ChannelsLast);
    weight = torch::randn({c.outputs, c.inputs, c.kernel, c.kernel}) * std::sqrt(2.0 / static_cast<double>(c.inputs * c.kernel * c.kernel));
    norm = some_norm(c.outputs);
    steps = {c.stride, c.dilation * (c.kernel / 2), c.dilation};
  }

  torch::Tensor expected(const AfterNorm& after) const {
    const torch::Tensor y = at::conv2d(x.to(torch::kDouble), weight.to(torch::kDouble), {}, steps.stride, steps.padding, steps.dilation);
    return reference::batch_norm(y.to(torch::kFloat), norm, after, false);
  }

  const torch::NoGradGuard no_gradient;
  torch::Tensor x, weight;
  BatchNorm norm;
  ConvSteps steps;
};

TEST_P(Packed, EqualsConvolutionAndBatchNorm) {
  for (const bool relu : {false, true}) {
    PackedConvs convs(torch::kFloat);
    const PackedConvsScope scope(&convs);
    const torch::Tensor first = conv_norm(x, weight, steps, norm, {{}, relu}, false);
    EXPECT_LT(test::relative_difference(first, expected({{}, relu})), 2e-5);
    EXPECT_TRUE(first.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(conv_norm(x, weight, steps, norm, {{}, relu}, false).equal(first));  // by the weights that are kept
  }
}

TEST_P(Packed, AddsTheResidual) {
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  const torch::Tensor residual = torch::randn_like(expected({}));
  EXPECT_LT(test::relative_difference(conv_norm(x, weight, steps, norm, {residual, true}, false), expected({residual, true})), 2e-5);
}

TEST_P(Packed, TakesImagesOfOtherSizes) {
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  conv_norm(x, weight, steps, norm, {{}, true}, false);
  x = torch::randn({2, x.size(1), x.size(2) + 5, x.size(3) + 40}).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_LT(test::relative_difference(conv_norm(x, weight, steps, norm, {{}, true}, false), expected({{}, true})), 2e-5);
}

TEST_P(Packed, InBfloat16AsRoundingAllows) {
  if (!PackedConvs::suits(torch::kCPU, torch::kBFloat16)) GTEST_SKIP() << "this processor does not multiply bfloat16";
  prepare_bfloat16();
  PackedConvs convs(torch::kBFloat16);
  const PackedConvsScope scope(&convs);
  const torch::Tensor y = conv_norm(x, weight, steps, norm, {{}, true}, false);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  EXPECT_LT(test::relative_difference(y, expected({{}, true})), 2e-2);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Packed,
                         testing::Values(PackedCase{16, 32, 3, 1, 1, 24, 30},   // minimal filtering, blocks of tiles
                                         PackedCase{32, 16, 3, 1, 1, 60, 70},   // more blocks
                                         PackedCase{32, 48, 3, 1, 2, 23, 30},   // dilated
                                         PackedCase{32, 16, 3, 1, 18, 23, 30},  // tap by tap
                                         PackedCase{3, 64, 7, 2, 1, 33, 40},    // LibTorch's: the first of a network
                                         PackedCase{64, 32, 1, 1, 1, 9, 11}, PackedCase{16, 24, 3, 2, 1, 17, 16}));

TEST(PackedConvs, OnlyWhereAScopeLives) {
  EXPECT_EQ(packed_convs(), nullptr);
  PackedConvs convs(torch::kFloat);
  {
    const PackedConvsScope scope(&convs);
    EXPECT_EQ(packed_convs(), &convs);
    const PackedConvsScope without(nullptr);
    EXPECT_EQ(packed_convs(), nullptr);
  }
  EXPECT_EQ(packed_convs(), nullptr);
}

TEST(PackedConvs, TrainingIsNotTheirs) {
  torch::manual_seed(3);
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  const torch::Tensor x = torch::randn({2, 16, 9, 9}), weight = torch::randn({16, 16, 1, 1});
  const auto operations = test::operations_of([&] { conv_norm(x, weight, {}, some_norm(16), {}, true); });
  EXPECT_EQ(std::ranges::count(operations, "seg::batch_norm_sums"), 1);  // of the batch
}

TEST(PackedConvs, PartsOfOneWeightAreTwoWeights) {
  torch::manual_seed(3);
  const torch::NoGradGuard no_gradient;
  const torch::Tensor x = torch::randn({1, 16, 9, 9}), weight = torch::randn({8, 24, 1, 1});
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  const torch::Tensor wide = torch::randn({1, 24, 9, 9});
  EXPECT_LT(test::relative_difference(conv2d(x, weight.narrow(1, 0, 16), ConvSteps{}), at::conv2d(x, weight.narrow(1, 0, 16))), 1e-5);
  EXPECT_LT(test::relative_difference(conv2d(wide, weight, ConvSteps{}), at::conv2d(wide, weight)), 1e-5);
}

TEST(PackedConvs, AConvolutionOfAnUpsampledMapKeepsItsWeights) {
  torch::manual_seed(3);
  const torch::NoGradGuard no_gradient;
  const torch::Tensor x = torch::randn({1, 16, 6, 7}), weight = torch::randn({24, 16, 3, 3}), addend = torch::randn({1, 24, 24, 28});
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  const torch::Tensor first = upsampled_conv(x, weight, addend, false);
  EXPECT_LT(test::relative_difference(first, reference::upsampled_conv(x, weight, addend, false)), 1e-5);
  const auto operations = test::operations_of([&] { EXPECT_TRUE(upsampled_conv(x, weight, addend, false).equal(first)); });
  EXPECT_EQ(std::ranges::count(operations, "aten::permute"), 0);  // nothing is made of the weights again
}

}  // namespace
}  // namespace seg
