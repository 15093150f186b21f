#include "models/layers.hpp"

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace seg
