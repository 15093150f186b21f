// What a network takes, and from stacked pictures to that: x -> (x - mean) / std, channels-last. The YAML block `model.input`.
#pragma once

#include <torch/types.h>

#include <vector>

#include "config/fields.hpp"

namespace seg {

enum class ChannelOrder { kRgb, kBgr };

inline constexpr config::Name<ChannelOrder> kChannelOrders[] = {{ChannelOrder::kRgb, "rgb"}, {ChannelOrder::kBgr, "bgr"}};

/// For u8 values 0..255; mean and std follow `order`. It belongs to the weights.
struct NetworkInput {
  ChannelOrder order = ChannelOrder::kRgb;
  std::vector<double> mean = {123.675, 116.28, 103.53};  // ImageNet
  std::vector<double> std = {58.395, 57.12, 57.375};

  void fields(config::Visitor& v) {
    v.choice("order", order, kChannelOrders, {.help = "order of the network's input channels; mean and std follow it"});
    v.field("mean", mean, {.help = "subtracted from each channel; three numbers", .unit = "0..255", .min = 0.0, .max = 255.0});
    v.field("std", std, {.help = "divides each channel; three numbers", .unit = "0..255", .min = 0.001, .max = 1000.0});
  }
};

/// Throws kConfiguration unless mean and std have three numbers each, std above 0.
void check(const NetworkInput& input);

/// `images` u8 [N,H,W,3] RGB on any device. Returns [N,3,H,W] of `dtype` (float32, bfloat16) on the same device, in
/// channels-last memory; channels in the order of `input`. Computed in float32, rounded once at the end.
torch::Tensor normalize(const torch::Tensor& images, const NetworkInput& input, torch::ScalarType dtype = torch::kFloat32);

}  // namespace seg
