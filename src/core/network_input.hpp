// The normalisation of a network's input: order of the channels, each (x - mean) / std. The YAML block `model.input`.
#pragma once

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "config/fields.hpp"

namespace seg {

enum class ChannelOrder { kRgb, kBgr };

inline constexpr config::Name<ChannelOrder> kChannelOrders[] = {{ChannelOrder::kRgb, "rgb"}, {ChannelOrder::kBgr, "bgr"}};

/// For u8 values 0..255; mean and std are in the order `order`. It belongs to the weights.
struct NetworkInput {
  ChannelOrder order = ChannelOrder::kRgb;
  std::vector<double> mean = {123.675, 116.28, 103.53};  // ImageNet
  std::vector<double> std = {58.395, 57.12, 57.375};

  void fields(config::Visitor& v) {
    v.choice("order", order, kChannelOrders, {.help = "order of the network's input channels; mean and std are in this order"});
    v.field("mean", mean, {.help = "three numbers, subtracted from the channels", .unit = "0..255", .min = 0.0, .max = 255.0});
    v.field("std", std, {.help = "three numbers, by which the channels are divided", .unit = "0..255", .min = 0.001, .max = 1000.0});
  }
};

/// Throws kConfiguration unless mean and std have three numbers each, std above 0.
inline void check(const NetworkInput& input) {
  const bool three = input.mean.size() == 3 && input.std.size() == 3;
  if (three && std::ranges::all_of(input.std, [](double s) { return s > 0.0; })) return;
  throw Error(ErrorKind::kConfiguration, "model.input: mean and std must be three numbers each, std above 0",
              "for example mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]");
}

}  // namespace seg
