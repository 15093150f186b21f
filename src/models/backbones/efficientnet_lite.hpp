// EfficientNet-Lite0: inverted residual blocks (Sandler et al., arXiv 1801.04381) in the sizes of EfficientNet-B0 (Tan and Le, arXiv 1905.11946),
// without squeeze-and-excitation and with ReLU6, after tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py.
//
//   block(x) = norm(1x1(relu6(norm(depthwise(relu6(norm(1x1(x))))))) [+ x where stride and channels allow]
//
// Tensor names are those of the PyPI package efficientnet-lite-pytorch ("_conv_stem", "_blocks.3._depthwise_conv"), without its last convolution
// and classifier. For its weights, images must be (RGB - 127) / 128.
//
// At output stride 16 the depthwise convolution that would lead to stride 32 keeps the resolution, with the dilation of the stage before; at 8 also
// the one that would lead to stride 16. Those after it have twice that dilation. There is no stochastic depth: training never skips blocks.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/backbones/backbone.hpp"
#include "models/same_layers.hpp"

namespace seg {

struct InvertedResidualShape {
  std::int64_t inputs;  // channels
  std::int64_t outputs;
  std::int64_t expansion;  // ratio of inner channels to input channels; 1: no first convolution
  std::int64_t kernel;     // of the depthwise convolution, like the next two
  std::int64_t stride;
  std::int64_t dilation;
  bool adds;  // add the input to the result, which has the same shape
};

class InvertedResidualImpl : public torch::nn::Module {
 public:
  explicit InvertedResidualImpl(const InvertedResidualShape& shape);
  /// [N,inputs,H,W] -> [N,outputs,ceil(H/stride),ceil(W/stride)]
  torch::Tensor forward(const torch::Tensor& x);
  bool adds() const { return adds_; }

 private:
  bool expands_, adds_;
  SameConvNorm expand_, depthwise_, project_;
};
TORCH_MODULE(InvertedResidual);

class EfficientNetLiteImpl : public Backbone {
 public:
  /// width: factor on all channels, each rounded to a multiple of 8; output_stride: 8 or 16.
  EfficientNetLiteImpl(double width, std::int64_t output_stride);

  Features forward(const torch::Tensor& images) override;
  FeatureChannels channels() const override { return channels_; }
  std::vector<std::string> classifier() const override { return {"_conv_head.", "_bn1.", "_fc."}; }
  /// Number of blocks before the low features.
  std::size_t low_blocks() const { return low_end_; }

 private:
  SameConvNorm stem_;
  std::vector<InvertedResidual> blocks_;
  std::size_t low_end_ = 0, mid_end_ = 0;  // number of blocks before these features
  FeatureChannels channels_{};
};
TORCH_MODULE(EfficientNetLite);

}  // namespace seg
