// What a GPU's threads compute to resize features, run on the CPU value by value.
#include "ops/cuda/feature_grid.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "support/golden.hpp"
#include "support/host_axis.hpp"

namespace seg {
namespace {

struct FeatureCase {
  std::int64_t h, w, height, width;
};

class FeatureGrids : public testing::TestWithParam<std::tuple<FeatureCase, bool>> {};

TEST_P(FeatureGrids, ThreadsComputeAtensBilinearAndItsGradient) {
  const auto [size, align_corners] = GetParam();
  torch::manual_seed(1);
  test::HostAxis rows(size.h, size.height, align_corners), columns(size.w, size.width, align_corners);
  const cuda::FeatureGrid grid{2, 3, rows.tables(), columns.tables()};
  const torch::Tensor x = torch::randn({2, 3, size.h, size.w}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(true);
  const torch::Tensor weight = torch::randn({2, 3, size.height, size.width}).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor expected = torch::upsample_bilinear2d(x, {size.height, size.width}, align_corners);
  const torch::Tensor expected_gradient = torch::autograd::grad({(expected * weight).sum()}, {x})[0];

  const torch::Tensor y = torch::empty_like(weight), gradient = torch::empty_like(x.detach());
  for (std::int64_t i = 0; i < grid.outputs(); ++i) y.data_ptr<float>()[i] = resized_value(grid, x.data_ptr<float>(), i);
  for (std::int64_t i = 0; i < grid.inputs(); ++i) gradient.data_ptr<float>()[i] = resized_gradient(grid, weight.data_ptr<float>(), i);
  // LibTorch 2 places the source positions in float, 8e-6 off.
  EXPECT_LT(test::relative_difference(y, expected.detach()), 2e-5);
  EXPECT_LT(test::relative_difference(gradient, expected_gradient), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(FeatureGrid, FeatureGrids,
                         testing::Combine(testing::Values(FeatureCase{4, 4, 16, 16}, FeatureCase{3, 5, 10, 18}, FeatureCase{1, 1, 3, 2},
                                                          FeatureCase{1, 4, 1, 13}, FeatureCase{5, 6, 5, 6}, FeatureCase{7, 7, 3, 4},
                                                          FeatureCase{24, 48, 96, 192}),
                                          testing::Bool()));

}  // namespace
}  // namespace seg
