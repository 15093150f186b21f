#include "ops/normalize.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace seg {
namespace {

TEST(Normalize, AgreesWithAHandComputation) {
  torch::Tensor images = torch::zeros({1, 2, 2, 3}, torch::kUInt8);
  images[0][1][0][0] = 200;
  images[0][1][0][1] = 100;
  images[0][1][0][2] = 50;
  const torch::Tensor input = normalize(images, {});
  EXPECT_EQ(input.sizes(), (std::vector<std::int64_t>{1, 3, 2, 2}));
  EXPECT_NEAR(input[0][0][1][0].item<double>(), (200 - 123.675) / 58.395, 1e-6);
  EXPECT_NEAR(input[0][1][1][0].item<double>(), (100 - 116.28) / 57.12, 1e-6);
  EXPECT_NEAR(input[0][2][1][0].item<double>(), (50 - 103.53) / 57.375, 1e-6);
  EXPECT_NEAR(input[0][2][0][1].item<double>(), -103.53 / 57.375, 1e-6);
}

TEST(Normalize, PutsBlueFirstForBgr) {
  NetworkInput input;
  input.order = ChannelOrder::kBgr;
  input.mean = {1, 2, 3};
  input.std = {2, 4, 8};
  torch::Tensor images = torch::zeros({1, 1, 1, 3}, torch::kUInt8);
  images[0][0][0][0] = 35;  // red
  images[0][0][0][2] = 11;  // blue
  const torch::Tensor values = normalize(images, input).flatten();
  EXPECT_TRUE(torch::allclose(values, torch::tensor({5.0F, -0.5F, 4.0F})));
}

TEST(Normalize, GivesChannelsLastMemory) {
  EXPECT_TRUE(normalize(torch::zeros({2, 4, 6, 3}, torch::kUInt8), {}).is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(Normalize, RoundsToBfloat16Once) {
  const torch::Tensor images = torch::randint(256, {2, 4, 6, 3}, torch::kUInt8);
  EXPECT_TRUE(torch::equal(normalize(images, {}, torch::kBFloat16), normalize(images, {}).to(torch::kBFloat16)));
}

TEST(Normalize, TakesNonContiguousImages) {
  const torch::Tensor images = torch::randint(256, {2, 4, 6, 3}, torch::kUInt8);
  const torch::Tensor window = images.slice(2, 1, 4);
  EXPECT_TRUE(torch::equal(normalize(window, {}), normalize(images, {}).slice(3, 1, 4)));
}

TEST(Normalize, RefusesTwoMeans) {
  NetworkInput input;
  input.mean = {1, 2};
  EXPECT_THROW(normalize(torch::zeros({1, 1, 1, 3}, torch::kUInt8), input), Error);
}

}  // namespace
}  // namespace seg
