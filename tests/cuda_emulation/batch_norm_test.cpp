// The kernels of batch norm themselves, launches and reductions too, run on the CPU by emulation.
#include "support/cuda_emulation.hpp"
// Then what it is for.
#include <gtest/gtest.h>

#include "ops/batch_norm.hpp"
#include "ops/cuda/batch_norm.cu"
#include "support/golden.hpp"

namespace seg {
namespace {

using test::relative_difference;

struct NormCase {
  std::vector<std::int64_t> sizes;
  bool residual, relu;
};

class EmulatedNorm : public testing::TestWithParam<NormCase> {};

TEST_P(EmulatedNorm, IsThatOfTheReference) {
  const auto& [sizes, with_residual, relu] = GetParam();
  torch::manual_seed(6);
  const auto channels_last = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor x = (torch::randn(sizes) * 2 + 1).contiguous(channels_last).requires_grad_(true);
  const torch::Tensor residual = torch::randn(sizes).contiguous(channels_last).requires_grad_(true);
  const torch::Tensor factor = torch::randn(sizes).contiguous(channels_last);
  const std::int64_t channels = sizes[1];
  const BatchNorm norm{torch::rand({channels}).requires_grad_(true), torch::randn({channels}).requires_grad_(true), torch::randn({channels}),
                       torch::rand({channels})};
  const torch::Tensor running_mean = norm.running_mean.clone(), running_variance = norm.running_variance.clone();
  const torch::Tensor expected = reference::batch_norm(x, norm, {with_residual ? residual : torch::Tensor(), relu}, true);
  (expected * factor).sum().backward();

  const cuda::NormShape shape{x.numel() / channels, static_cast<std::int32_t>(channels)};
  const auto floats = [&](std::int64_t rows) { return torch::full({rows, channels}, -9.0f); };
  const torch::Tensor partial = floats(2 * cuda::norm_blocks(shape)), wide = partial.to(torch::kDouble);
  const torch::Tensor sums = torch::zeros({2, channels}, torch::kDouble);
  const float* from = x.data_ptr<float>();
  cuda::norm_moments(shape, from, wide.data_ptr<double>(), sums.data_ptr<double>(), nullptr);
  const torch::Tensor mean = floats(1), inverse = floats(1);
  cuda::norm_statistics(sums.data_ptr<double>(), static_cast<double>(shape.rows), shape.channels,
                        {running_mean.data_ptr<float>(), running_variance.data_ptr<float>(), 0.1f, 1e-5f}, mean.data_ptr<float>(),
                        inverse.data_ptr<float>(), nullptr);
  EXPECT_LT(relative_difference(running_mean, norm.running_mean), 1e-5);
  EXPECT_LT(relative_difference(running_variance, norm.running_variance), 1e-5);

  const cuda::NormParameters parameters{mean.data_ptr<float>(), inverse.data_ptr<float>(), norm.weight.data_ptr<float>(), norm.bias.data_ptr<float>(),
                                        relu};
  const torch::Tensor y = torch::empty_like(factor), x_gradient = torch::empty_like(factor), residual_gradient = torch::empty_like(factor);
  const float* added = with_residual ? residual.data_ptr<float>() : nullptr;
  cuda::norm_forward(shape, parameters, from, added, y.data_ptr<float>(), nullptr);
  EXPECT_LT(relative_difference(y, expected.detach()), 1e-5);

  const cuda::NormGradientInput<float> input{from, with_residual ? y.data_ptr<float>() : nullptr, factor.data_ptr<float>()};
  const torch::Tensor plain = floats(2), means = floats(2);
  cuda::norm_gradient_moments(shape, parameters, input, partial.data_ptr<float>(),
                              {sums.data_ptr<double>(), plain.data_ptr<float>(), means.data_ptr<float>(), 1.0 / static_cast<double>(shape.rows)},
                              nullptr);
  cuda::norm_backward(shape, parameters, {means.data_ptr<float>(), means.data_ptr<float>() + channels}, input, x_gradient.data_ptr<float>(),
                      with_residual ? residual_gradient.data_ptr<float>() : nullptr, nullptr);
  EXPECT_LT(relative_difference(x_gradient, x.grad()), 1e-4);
  EXPECT_LT(relative_difference(plain[1], norm.weight.grad()), 1e-4);
  EXPECT_LT(relative_difference(plain[0], norm.bias.grad()), 1e-4);
  if (with_residual) {
    EXPECT_LT(relative_difference(residual_gradient, residual.grad()), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedNorm,
                         testing::Values(NormCase{{4, 64, 33, 17}, false, true}, NormCase{{4, 64, 9, 17}, true, true},
                                         NormCase{{2, 512, 5, 7}, false, true}, NormCase{{3, 5, 4, 6}, true, false},
                                         NormCase{{1, 8, 100, 90}, true, true}, NormCase{{2, 20, 3, 3}, false, false}));

TEST(EmulatedMoments, NeitherADistantMeanNorAPixelFarOffCostsTheVarianceDigits) {
  torch::manual_seed(7);
  torch::Tensor x = (torch::randn({2, 12, 30, 31}) + 100).contiguous(torch::MemoryFormat::ChannelsLast);
  x.select(0, 0).select(1, 0).select(1, 0).add_(100);
  const cuda::NormShape shape{x.numel() / 12, 12};
  const torch::Tensor partial = torch::zeros({cuda::norm_blocks(shape), 2, 12}, torch::kDouble), sums = torch::zeros({2, 12}, torch::kDouble);
  cuda::norm_moments(shape, x.data_ptr<float>(), partial.data_ptr<double>(), sums.data_ptr<double>(), nullptr);
  torch::Tensor running = torch::zeros({2, 12}), found = torch::zeros({2, 12});
  const auto row = [](torch::Tensor& of, int i) { return of[i].data_ptr<float>(); };
  cuda::norm_statistics(sums.data_ptr<double>(), static_cast<double>(shape.rows), shape.channels, {row(running, 0), row(running, 1), 1.0f, 0.0f},
                        row(found, 0), row(found, 1), nullptr);
  const auto [variance, mean] = torch::var_mean(x.to(torch::kDouble), {0, 2, 3}, /*unbiased=*/true);
  EXPECT_LT(((running[1] - variance) / variance).abs().max().item<double>(), 1e-6);
  EXPECT_LT((running[0] - mean).abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace seg
