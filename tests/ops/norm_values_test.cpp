// What a GPU's threads compute of batch norm, run on the CPU value by value; only launches and reductions are left to a GPU.
#include "ops/cuda/norm_values.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <vector>

#include "ops/batch_norm.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

using test::relative_difference;

struct NormCase {
  bool residual, relu, training;
};

class NormValues : public testing::TestWithParam<NormCase> {};

TEST_P(NormValues, ThreadsComputeTheReference) {
  const auto [with_residual, relu, training] = GetParam();
  torch::manual_seed(4);
  constexpr std::int64_t kChannels = 5;
  const auto channels_last = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor x = (torch::randn({3, kChannels, 4, 6}) * 2 + 5).contiguous(channels_last).requires_grad_(true);
  const torch::Tensor residual = torch::randn({3, kChannels, 4, 6}).contiguous(channels_last).requires_grad_(true);
  const torch::Tensor loss_weight = torch::randn({3, kChannels, 4, 6}).contiguous(channels_last);
  BatchNorm norm{(torch::rand({kChannels}) + 0.5).requires_grad_(true), torch::randn({kChannels}).requires_grad_(true), torch::randn({kChannels}),
                 torch::rand({kChannels}) + 0.5};
  const torch::Tensor running_mean = norm.running_mean.clone(), running_variance = norm.running_variance.clone();
  const torch::Tensor expected = reference::batch_norm(x, norm, {with_residual ? residual : torch::Tensor(), relu}, training);
  (expected * loss_weight).sum().backward();

  const std::int64_t rows = x.numel() / kChannels;
  const float* from = x.data_ptr<float>();
  std::vector<float> mean(kChannels), inverse(kChannels), mean_gradient(kChannels), mean_product(kChannels);
  std::vector<double> sum(kChannels), product(kChannels);
  for (std::int32_t c = 0; c < kChannels; ++c) {
    cuda::ThreadMoments values{};
    for (int row = 0; row < rows; ++row) values.add(from[row * kChannels + c], 1.0f / static_cast<float>(row + 1));
    const cuda::ChannelMoments moments = cuda::channel_moments(cuda::channel_sums(values, static_cast<int>(rows)), static_cast<double>(rows));
    mean[c] = training ? moments.mean : running_mean.data_ptr<float>()[c];
    inverse[c] = 1.0f / std::sqrt((training ? moments.variance : running_variance.data_ptr<float>()[c]) + 1e-5f);
  }
  const cuda::NormParameters parameters{mean.data(), inverse.data(), norm.weight.data_ptr<float>(), norm.bias.data_ptr<float>(), relu};
  const torch::Tensor y = torch::empty_like(x.detach()), x_gradient = torch::empty_like(y), behind = torch::empty_like(y);
  const auto each = [&](const auto& work) {
    for (std::int64_t i = 0; i < x.numel(); ++i) work(i, static_cast<std::int32_t>(i % kChannels));
  };
  each([&](std::int64_t i, std::int32_t c) {
    y.data_ptr<float>()[i] = normed_value(parameters, from[i], with_residual ? residual.data_ptr<float>()[i] : 0.0f, c);
    const float positive = with_residual ? y.data_ptr<float>()[i] : norm_score(parameters, from[i], c);
    const float gradient = gradient_behind(parameters, loss_weight.data_ptr<float>()[i], positive);
    behind.data_ptr<float>()[i] = gradient;
    sum[c] += gradient;
    product[c] += gradient * (from[i] - mean[c]) * inverse[c];
  });
  for (std::int32_t c = 0; c < kChannels && training; ++c) {
    mean_gradient[c] = static_cast<float>(sum[c] / static_cast<double>(rows));
    mean_product[c] = static_cast<float>(product[c] / static_cast<double>(rows));
  }
  const cuda::NormMeans means{mean_gradient.data(), mean_product.data()};
  each([&](std::int64_t i, std::int32_t c) {
    x_gradient.data_ptr<float>()[i] = norm_gradient(parameters, means, from[i], behind.data_ptr<float>()[i], c);
  });
  EXPECT_LT(relative_difference(y, expected.detach()), 1e-5);
  EXPECT_LT(relative_difference(x_gradient, x.grad()), 1e-5);
  EXPECT_LT(relative_difference(torch::tensor(product, torch::kDouble), norm.weight.grad()), 1e-5);
  EXPECT_LT(relative_difference(torch::tensor(sum, torch::kDouble), norm.bias.grad()), 1e-5);
  if (with_residual) {
    EXPECT_LT(relative_difference(behind, residual.grad()), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Norm, NormValues,
                         testing::Values(NormCase{false, false, true}, NormCase{false, true, true}, NormCase{true, true, true},
                                         NormCase{true, false, true}, NormCase{false, true, false}, NormCase{true, true, false}));

TEST(NormValues, NotANumberPassesTheReLU) {
  const float zero = 0.0f, one = 1.0f;
  const cuda::NormParameters parameters{&zero, &one, &one, &zero, true};
  EXPECT_TRUE(std::isnan(normed_value(parameters, std::nanf(""), 0.0f, 0)));
  EXPECT_EQ(normed_value(parameters, -2.0f, 0.0f, 0), 0.0f);
}

}  // namespace
}  // namespace seg
