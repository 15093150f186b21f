// A 3x3 convolution, dropout and a 1x1 convolution to classes: the end of torchvision's DeepLabV3 and its auxiliary head.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <cstdint>

#include "models/layers.hpp"
#include "ops/drop_out.hpp"

namespace seg {

/// Its layers are registered with the owner, since torchvision continues the numbering of the pyramid's layers in DeepLabV3.
struct ConvolutionalHead {
  ConvNorm conv;
  torch::nn::Conv2d classify{nullptr};
  double dropout = 0.0;

  /// [N,inputs,h,w] -> logits [N,classes,h,w]
  torch::Tensor operator()(const torch::Tensor& x, bool training) { return classify->forward(drop_out(conv.relu(x), dropout, training)); }
};

/// The head of DeepLabV3, on `inputs` pyramid channels: classifier.1, .2, .4.
inline ConvolutionalHead add_classifier(torch::nn::Module& owner, std::int64_t inputs, std::int64_t classes) {
  return {add_conv_norm(owner, "classifier.1", "classifier.2", {inputs, inputs, 3}), add_conv(owner, "classifier.4", {inputs, classes}, true), 0.0};
}

/// The auxiliary head (FCN, arXiv 1411.4038), with a quarter of its input channels: aux_classifier.0, .1, .4.
inline ConvolutionalHead add_auxiliary(torch::nn::Module& owner, std::int64_t inputs, std::int64_t classes, double dropout) {
  const std::int64_t width = rounded_channels(static_cast<double>(inputs) / 4);
  return {add_conv_norm(owner, "aux_classifier.0", "aux_classifier.1", {inputs, width, 3}),
          add_conv(owner, "aux_classifier.4", {width, classes}, true), std::min(dropout, 0.1)};
}

}  // namespace seg
