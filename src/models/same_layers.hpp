// Convolutions with TensorFlow's "same" padding, each with its batch norm: the layers of EfficientNet-Lite.
//
//   outputs = ceil(inputs / stride)
//   padding = max((outputs - 1) stride + (kernel - 1) dilation + 1 - inputs, 0), the smaller half of it before the image
//
// Source: tensorflow.org, tf.nn, "Notes on padding". At stride 2 an even size gets one pixel more padding after the image than before it.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <string>

#include "models/layers.hpp"

namespace seg {

/// A convolution without bias, dense or depthwise (as many groups as channels), followed by a batch norm.
struct SameConvNorm {
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};

  /// [N,inputs,H,W] -> [N,outputs,ceil(H/stride),ceil(W/stride)]; `residual` (undefined: none) is added.
  torch::Tensor operator()(const torch::Tensor& x, const torch::Tensor& residual = {});
  /// The same, followed by min(max(y, 0), 6) (Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010).
  torch::Tensor relu6(const torch::Tensor& x);
};

/// Registers both under these names; batch norm has EfficientNet's momentum and eps, 0.01 and 1e-3. `groups`: 1, or the number of channels.
SameConvNorm add_same_conv_norm(torch::nn::Module& owner, const std::string& conv_path, const std::string& norm_path, const ConvShape& shape,
                                std::int64_t groups = 1);

}  // namespace seg
