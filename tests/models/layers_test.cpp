#include "models/layers.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>

namespace seg {
namespace {

TEST(AddModule, DottedNamesNest) {
  torch::nn::Module owner;
  add_conv_norm(owner, "convs.4.1", "convs.4.2", {2, 3, 1});
  EXPECT_TRUE(owner.named_parameters().contains("convs.4.1.weight"));
  EXPECT_TRUE(owner.named_buffers().contains("convs.4.2.running_mean"));
}

TEST(RoundedChannels, AreMultiplesOfEight) {
  EXPECT_EQ(rounded_channels(0.5), 8);
  EXPECT_EQ(rounded_channels(19.2), 16);
  EXPECT_EQ(rounded_channels(20.0), 24);
  EXPECT_EQ(rounded_channels(512.0), 512);
}

TEST(DrawWeights, HasTheVarianceOfItsFan) {
  torch::manual_seed(0);
  torch::nn::Module owner;
  const torch::nn::Conv2d conv = add_conv(owner, "conv", {16, 64, 3}, true);
  draw_weights(owner, torch::kFanOut);
  EXPECT_NEAR(conv->weight.var().item<double>(), 2.0 / (64 * 9), 3e-4);
  draw_weights(owner, torch::kFanIn);
  EXPECT_NEAR(conv->weight.var().item<double>(), 2.0 / (16 * 9), 1.2e-3);
  EXPECT_EQ(conv->bias.abs().max().item<float>(), 0.0F);
}

/// A convolution with a bias and a batch norm behind it, drawn.
struct Biased {
  torch::nn::Module owner;
  ConvNorm layer = add_conv_norm(owner, "conv", "norm", {3, 8, 3, 2}, /*bias=*/true);
  torch::Tensor x = torch::randn({2, 3, 9, 12});

  Biased() {
    const torch::NoGradGuard no_gradient;
    for (torch::Tensor& parameter : owner.parameters()) parameter.uniform_(0.5, 1.5);
    layer.norm->running_mean.normal_();
    layer.norm->running_var.uniform_(0.5, 1.5);
  }

  /// The same by LibTorch's operations, with statistics of its own.
  torch::Tensor expected(torch::Tensor& mean, torch::Tensor& variance, bool training) const {
    mean = layer.norm->running_mean.clone();
    variance = layer.norm->running_var.clone();
    const torch::Tensor y = at::conv2d(x, layer.conv->weight, layer.conv->bias, 2, 1);
    return at::batch_norm(y, layer.norm->weight, layer.norm->bias, mean, variance, training, 0.1, 1e-5, false).relu();
  }
};

TEST(ConvNorm, ABiasMovesTheRunningMeanAlone) {
  torch::manual_seed(1);
  Biased biased;
  torch::Tensor mean, variance;
  const torch::Tensor expected = biased.expected(mean, variance, true);
  const torch::Tensor y = biased.layer.relu(biased.x);
  EXPECT_TRUE(torch::allclose(y, expected, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(biased.layer.norm->running_mean, mean, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(biased.layer.norm->running_var, variance, 1e-5, 1e-6));
  y.square().sum().backward();
  EXPECT_EQ(biased.layer.conv->bias.grad().abs().max().item<float>(), 0.0F);
}

TEST(ConvNorm, ABiasCountsInEvaluation) {
  torch::manual_seed(2);
  Biased biased;
  biased.layer.norm->eval();
  torch::Tensor mean, variance;
  const auto gradients_of = [&](const torch::Tensor& y) { return torch::autograd::grad({y.square().sum()}, biased.owner.parameters()); };
  const torch::Tensor expected = biased.expected(mean, variance, false);
  const torch::Tensor y = biased.layer.relu(biased.x);
  EXPECT_TRUE(torch::allclose(y, expected, 1e-5, 1e-5));
  const auto wanted = gradients_of(expected), found = gradients_of(y);
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(torch::allclose(found[i], wanted[i], 1e-4, 1e-3)) << i;
  EXPECT_TRUE(torch::equal(biased.layer.norm->running_mean, mean));
}

TEST(NormConv, IsABatchNormAReluAndAConvolution) {
  torch::manual_seed(3);
  torch::nn::Module owner;
  NormConv layer = add_norm_conv(owner, "norm", "conv", {8, 16, 3});
  const torch::Tensor x = torch::randn({2, 8, 9, 12});
  const torch::Tensor expected =
      at::conv2d(at::batch_norm(x, layer.norm->weight, layer.norm->bias, {}, {}, true, 0.1, 1e-5, false).relu(), layer.conv->weight, {}, 1, 1);
  EXPECT_TRUE(torch::allclose(layer(x), expected, 1e-4, 1e-4));
  EXPECT_EQ(layer.norm->num_batches_tracked.item<std::int64_t>(), 1);
}

}  // namespace
}  // namespace seg
