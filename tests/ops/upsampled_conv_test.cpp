#include "ops/upsampled_conv.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.hpp"
#include "device/compute.hpp"

namespace seg {
namespace {

struct ConvCase {
  std::int64_t images, inputs, outputs, height, width, out_height, out_width;
};

const std::vector<ConvCase> kCases = {{2, 5, 7, 3, 4, 12, 16}, {1, 16, 80, 23, 30, 90, 120}, {1, 3, 2, 1, 1, 5, 6}, {2, 4, 3, 4, 5, 4, 5},
                                      {1, 2, 65, 5, 3, 2, 1},  {1, 3, 4, 2, 7, 1, 9},        {3, 1, 1, 6, 6, 7, 23}};

class UpsampledConv : public testing::TestWithParam<std::tuple<ConvCase, bool>> {
 protected:
  void SetUp() override {
    prepare_bfloat16();
    const ConvCase& size = std::get<0>(GetParam());
    torch::manual_seed(3);
    x_ = torch::randn({size.images, size.inputs, size.height, size.width});
    weight_ = torch::randn({size.outputs, size.inputs, 3, 3});
    addend_ = torch::randn({size.images, size.outputs, size.out_height, size.out_width});
    gradient_ = torch::randn_like(addend_);
  }
  /// y and the gradients of x, weight and addend.
  template <class Op>
  std::vector<torch::Tensor> results(const Op& op, torch::ScalarType type) const {
    std::vector<torch::Tensor> leaves;
    for (const torch::Tensor& tensor : {x_, weight_, addend_}) leaves.push_back(tensor.to(type).detach().requires_grad_(true));
    const torch::Tensor y = op(leaves[0], leaves[1], leaves[2], std::get<1>(GetParam()));
    y.backward(gradient_.to(type));
    return {y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
  }
  static double relative_error(const torch::Tensor& a, const torch::Tensor& b) {
    return ((a.to(torch::kDouble) - b.to(torch::kDouble)).norm() / b.to(torch::kDouble).norm().clamp_min(1e-12)).item<double>();
  }

  torch::Tensor x_, weight_, addend_, gradient_;
};

TEST_P(UpsampledConv, EqualsTheReference) {
  const auto oracle = results(reference::upsampled_conv, torch::kDouble);
  const auto floats = results(upsampled_conv, torch::kFloat);
  const auto halves = results(upsampled_conv, torch::kBFloat16);
  const auto reference_halves = results(reference::upsampled_conv, torch::kBFloat16);
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    EXPECT_EQ(floats[i].sizes(), oracle[i].sizes());
    EXPECT_LT(relative_error(floats[i], oracle[i]), 2e-6) << "result " << i;
    // In the order of the usual operations in bfloat16, whose own error differs between processors that have it and those that do not.
    EXPECT_LT(relative_error(halves[i], oracle[i]), 3 * relative_error(reference_halves[i], oracle[i]) + 4e-3) << "result " << i;
  }
}

TEST_P(UpsampledConv, IsTheSameForEveryNumberOfThreads) {
  // LibTorch's 1x1 convolution before our pass may add in another order with other threads; sums of whole numbers are exact in any.
  x_ = x_.mul(4).round();
  weight_ = weight_.mul(4).round();
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = results(upsampled_conv, torch::kFloat);
  at::set_num_threads(3);
  const auto three = results(upsampled_conv, torch::kFloat);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one[0], three[0]));
  EXPECT_TRUE(torch::equal(one[3], three[3]));
}

INSTANTIATE_TEST_SUITE_P(Sizes, UpsampledConv, testing::Combine(testing::ValuesIn(kCases), testing::Bool()));

TEST(UpsampledConvChecks, RefusesWhatDoesNotFit) {
  const torch::Tensor x = torch::zeros({1, 2, 3, 3}), addend = torch::zeros({1, 4, 6, 6});
  EXPECT_THROW(upsampled_conv(x, torch::zeros({4, 3, 3, 3}), addend, false), Error);
  EXPECT_THROW(upsampled_conv(x, torch::zeros({4, 2, 1, 1}), addend, false), Error);
  EXPECT_THROW(upsampled_conv(x, torch::zeros({5, 2, 3, 3}), addend, false), Error);
}

}  // namespace
}  // namespace seg
