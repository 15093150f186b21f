// The few layers that backbones and heads are made of, registered under the names of published weight files.
#pragma once

#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <string>

#include "ops/batch_norm.hpp"

namespace seg {

struct ConvShape {
  std::int64_t inputs;  // channels
  std::int64_t outputs;
  std::int64_t kernel = 1;  // odd; the padding keeps the size at stride 1
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
};

/// The multiple of 8 next to it, at least 8: what vector and matrix units work on at once.
std::int64_t rounded_channels(double channels);

/// A convolution and the batch norm behind it. A bias of the convolution costs nothing: in training it cancels but for its part in the running mean,
/// and has a gradient of zero; in evaluation it is part of batch norm's.
struct ConvNorm {
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};

  /// `residual` (undefined: none) is added.
  torch::Tensor operator()(const torch::Tensor& x, const torch::Tensor& residual = {});
  /// With a ReLU behind all.
  torch::Tensor relu(const torch::Tensor& x, const torch::Tensor& residual = {});
  /// The batch norm and a ReLU alone, for a convolution that was computed another way.
  torch::Tensor normalized(const torch::Tensor& convolved);
};

/// A batch norm, a ReLU and the convolution behind them: the order of pre-activation (He et al., arXiv 1603.05027).
struct NormConv {
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Conv2d conv{nullptr};  // without bias

  torch::Tensor operator()(const torch::Tensor& x);
};

/// relu(norm(x))
torch::Tensor norm_relu(torch::nn::BatchNorm2d& norm, const torch::Tensor& x);

/// Registers a module with `owner` under a dotted name: "last_conv.0" is the child "0" of a plain module "last_conv".
template <class Holder>
Holder add_module(torch::nn::Module& owner, const std::string& path, Holder module);

torch::nn::Conv2d add_conv(torch::nn::Module& owner, const std::string& path, const ConvShape& shape, bool bias);
ConvNorm add_conv_norm(torch::nn::Module& owner, const std::string& conv_path, const std::string& norm_path, const ConvShape& shape,
                       bool bias = false);
NormConv add_norm_conv(torch::nn::Module& owner, const std::string& norm_path, const std::string& conv_path, const ConvShape& shape);

/// A batch norm as the kernels take it.
BatchNorm parameters_of(const torch::nn::BatchNorm2dImpl& norm);
/// Counts a batch in num_batches_tracked, in training.
void count_batch(torch::nn::BatchNorm2dImpl& norm);

/// Draws the weights of all convolutions below `module` from a normal distribution of variance 2 / fan (He et al.,
/// arXiv 1502.01852) and clears their biases.
void draw_weights(torch::nn::Module& module, torch::nn::init::FanModeType fan);

/// The child `name` of a module, made if there is none.
torch::nn::Module& container(torch::nn::Module& owner, const std::string& name);

template <class Holder>
Holder add_module(torch::nn::Module& owner, const std::string& path, Holder module) {
  const std::size_t dot = path.find('.');
  if (dot != std::string::npos) return add_module(container(owner, path.substr(0, dot)), path.substr(dot + 1), std::move(module));
  owner.register_module(path, module);
  return module;
}

}  // namespace seg
