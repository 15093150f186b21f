// Atrous spatial pyramid pooling (Chen et al., arXiv 1706.05587): context of one feature map at several scales.
//
//   relu(bn(project(concat(1x1, 3x3 at three dilations, 1x1 of the image's mean)))), then dropout
//
// Each branch has a batch norm and a ReLU, and as many channels as the result: 256 in the paper. In the branch of the image's mean, batch norm gets
// one value per image and channel.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/layers.hpp"
#include "ops/drop_out.hpp"

namespace seg {

/// The names of a convolution and its batch norm in a weight file, below the name of the pyramid.
struct ConvNormName {
  std::string conv;
  std::string norm;
};
struct AsppNames {
  std::array<ConvNormName, 4> branches;  // 1x1 and the three atrous convolutions
  ConvNormName pooling;
  ConvNormName project;
};
inline AsppNames torchvision_aspp_names() {
  return {{{{"convs.0.0", "convs.0.1"}, {"convs.1.0", "convs.1.1"}, {"convs.2.0", "convs.2.1"}, {"convs.3.0", "convs.3.1"}}},
          {"convs.4.1", "convs.4.2"},
          {"project.0", "project.1"}};
}
/// The names in the code published with the recall loss.
inline AsppNames published_aspp_names() {
  return {
      {{{"aspp1.atrous_conv", "aspp1.bn"}, {"aspp2.atrous_conv", "aspp2.bn"}, {"aspp3.atrous_conv", "aspp3.bn"}, {"aspp4.atrous_conv", "aspp4.bn"}}},
      {"global_avg_pool.1", "global_avg_pool.2"},
      {"conv1", "bn1"}};
}

class AsppImpl : public torch::nn::Module {
 public:
  AsppImpl(std::int64_t inputs, std::int64_t channels, const std::vector<std::int64_t>& rates, double dropout, const AsppNames& names)
      : dropout_(dropout) {
    for (std::size_t i = 0; i < names.branches.size(); ++i) {
      const ConvShape shape = i == 0 ? ConvShape{inputs, channels} : ConvShape{inputs, channels, 3, 1, rates.at(i - 1)};
      branches_.push_back(add_conv_norm(*this, names.branches[i].conv, names.branches[i].norm, shape));
    }
    pooling_ = add_conv_norm(*this, names.pooling.conv, names.pooling.norm, {inputs, channels});
    const std::int64_t concatenated = channels * static_cast<std::int64_t>(branches_.size() + 1);
    project_ = add_conv_norm(*this, names.project.conv, names.project.norm, {concatenated, channels});
  }

  /// [N,inputs,h,w] -> [N,channels,h,w]
  torch::Tensor forward(const torch::Tensor& x) {
    std::vector<torch::Tensor> scales;
    for (ConvNorm& branch : branches_) scales.push_back(branch.relu(x));
    // Bilinear up-sampling of one pixel repeats it. The memory layout must be that of the other branches, or cat() falls back to channels-first.
    const torch::Tensor mean = pooling_.relu(x.mean({2, 3}, /*keepdim=*/true));
    scales.push_back(mean.expand_as(scales.front()).contiguous(scales.front().suggest_memory_format()));
    return drop_out(project_.relu(torch::cat(scales, 1)), dropout_, is_training());
  }

 private:
  std::vector<ConvNorm> branches_;
  ConvNorm pooling_;
  ConvNorm project_;
  double dropout_;
};
TORCH_MODULE(Aspp);

}  // namespace seg
