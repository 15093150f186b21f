#include "ops/resize.hpp"

#include <gmock/gmock.h>
#include <torch/autograd.h>

#include "device/compute.hpp"

namespace seg {
namespace {

struct ResizeCase {
  std::int64_t h, w, height, width;
};

class Resize : public testing::TestWithParam<std::tuple<ResizeCase, bool>> {};

INSTANTIATE_TEST_SUITE_P(Sizes, Resize,
                         testing::Combine(testing::Values(ResizeCase{4, 4, 16, 16}, ResizeCase{3, 5, 10, 18}, ResizeCase{1, 1, 3, 2},
                                                          ResizeCase{1, 4, 1, 13}, ResizeCase{5, 6, 5, 6}, ResizeCase{7, 7, 3, 4}),
                                          testing::Bool()));

TEST_P(Resize, EqualsAtensBilinear) {
  const auto [size, align_corners] = GetParam();
  const torch::Tensor x = torch::randn({2, 3, size.h, size.w}, torch::kFloat64);
  const torch::Tensor expected = torch::upsample_bilinear2d(x, {size.height, size.width}, align_corners);
  EXPECT_TRUE(torch::allclose(resize_features(x, size.height, size.width, align_corners), expected, 1e-12, 1e-12));
}

TEST_P(Resize, GradientEqualsAtens) {
  const auto [size, align_corners] = GetParam();
  const torch::Tensor x = torch::randn({2, 3, size.h, size.w}, torch::dtype(torch::kFloat64).requires_grad(true));
  const torch::Tensor weight = torch::randn({2, 3, size.height, size.width}, torch::kFloat64);
  const torch::Tensor ours = torch::autograd::grad({(resize_features(x, size.height, size.width, align_corners) * weight).sum()}, {x})[0];
  const torch::Tensor atens =
      torch::autograd::grad({(torch::upsample_bilinear2d(x, {size.height, size.width}, align_corners) * weight).sum()}, {x})[0];
  EXPECT_TRUE(torch::allclose(ours, atens, 1e-12, 1e-12));
}

TEST(ResizeFeatures, KeepsChannelsLastAndBfloat16) {
  prepare_bfloat16();
  const torch::Tensor x = torch::randn({2, 3, 4, 5}).to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor y = resize_features(x, 8, 9, false);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace seg
