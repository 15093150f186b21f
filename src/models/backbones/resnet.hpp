// Residual networks (He et al., arXiv 1512.03385) with torchvision's structure and tensor names, without the ImageNet classifier.
//
// At output stride 16 the last stage keeps its resolution, at 8 the last two: the stage's strided convolution gets stride 1
// and the dilation of the stage before, and every 3x3 convolution after it twice that dilation. Each pixel of the strided network then has exactly
// the same receptive field, so ImageNet weights remain valid (torchvision does the same, but only for bottleneck blocks).
//
// The multi-grid variant is the "resnet18" of the code published with the recall loss (arXiv 2106.14917): bottleneck blocks,
// and a last stage of three with dilations 1, 2, 4 times that of the stage.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/backbones/backbone.hpp"
#include "models/layers.hpp"

namespace seg {

struct ResNetShape {
  bool bottleneck = false;               // three convolutions per block, four times as many output channels
  std::array<std::int64_t, 4> blocks{};  // of each stage
  bool multi_grid = false;
  std::array<std::int64_t, 4> channels = {64, 128, 256, 512};  // of each stage's inner convolutions; the stem has as many as the first stage
};

class ResNetImpl : public Backbone {
 public:
  /// output_stride: 8 or 16.
  ResNetImpl(const ResNetShape& shape, std::int64_t output_stride);

  Features forward(const torch::Tensor& images) override;
  FeatureChannels channels() const override { return {channels_[0], channels_[2], channels_[3]}; }
  std::vector<std::string> classifier() const override { return {"fc."}; }

 private:
  std::array<std::int64_t, 4> channels_{};  // of each stage's result
  ConvNorm stem_;
  std::array<torch::nn::Sequential, 4> stages_{nullptr, nullptr, nullptr, nullptr};
};
TORCH_MODULE(ResNet);

}  // namespace seg
