// Deep aggregation pyramid pooling (Hong et al., arXiv 2101.06085, figure 5): context of a small feature map at five scales, from fine to coarse.
//
//   y_0 = c_0(x),   y_i = p_i(y_{i-1} + up(c_i(pool_i(x)))), i = 1..4,   y = compression(concat(y_0..y_4)) + shortcut(x)
//
// pool_i is the mean over squares of 5, 9 and 17 pixels at strides 2, 4 and 8, including zeros beyond the border, and over the image; up() is
// bilinear. Each of the other functions is a batch norm, a ReLU and a convolution, 3x3 for p_i, else 1x1. For the image's mean, batch norm gets one
// value per image and channel.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/layers.hpp"
#include "ops/resize.hpp"

namespace seg {

/// The mean over windows with side 2 stride + 1, at distances of `stride`.
struct DappmPooling {
  std::int64_t stride;

  std::int64_t kernel() const { return 2 * stride + 1; }
  std::int64_t padding() const { return stride; }
};
inline constexpr DappmPooling kDappmPoolings[] = {{2}, {4}, {8}};  // followed by the mean over the image

class DappmImpl : public torch::nn::Module {
 public:
  /// channels: of each scale.
  DappmImpl(std::int64_t inputs, std::int64_t channels, std::int64_t outputs, bool align_corners) : align_corners_(align_corners) {
    const ConvShape point{inputs, channels};
    finest_ = add_norm_conv(*this, "scale0.0", "scale0.2", point);
    for (std::size_t i = 1; i <= std::size(kDappmPoolings) + 1; ++i) {
      const std::string scale = "scale" + std::to_string(i), process = "process" + std::to_string(i);
      coarser_.push_back(
          {add_norm_conv(*this, scale + ".1", scale + ".3", point), add_norm_conv(*this, process + ".0", process + ".2", {channels, channels, 3})});
    }
    const auto scales = static_cast<std::int64_t>(coarser_.size() + 1);
    compression_ = add_norm_conv(*this, "compression.0", "compression.2", {channels * scales, outputs});
    shortcut_ = add_norm_conv(*this, "shortcut.0", "shortcut.2", {inputs, outputs});
  }

  /// [N,inputs,h,w] -> [N,outputs,h,w]
  torch::Tensor forward(const torch::Tensor& x) {
    std::vector<torch::Tensor> maps{finest_(x)};
    for (std::size_t i = 0; i < coarser_.size(); ++i) {
      const torch::Tensor context = resize_features(coarser_[i].scale(pooled(x, i)), x.size(2), x.size(3), align_corners_);
      maps.push_back(coarser_[i].process(maps.back() + context));
    }
    return compression_(torch::cat(maps, 1)) + shortcut_(x);
  }

 private:
  struct Scale {
    NormConv scale;
    NormConv process;
  };

  static torch::Tensor pooled(const torch::Tensor& x, std::size_t i) {
    if (i >= std::size(kDappmPoolings)) return x.mean({2, 3}, /*keepdim=*/true);
    const DappmPooling& pooling = kDappmPoolings[i];
    return at::avg_pool2d(x, pooling.kernel(), pooling.stride, pooling.padding());
  }

  NormConv finest_;
  std::vector<Scale> coarser_;
  NormConv compression_;
  NormConv shortcut_;
  bool align_corners_;
};
TORCH_MODULE(Dappm);

}  // namespace seg
