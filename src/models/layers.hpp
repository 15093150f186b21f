// The layers of backbones and heads, registered under the names of published weight files.
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

/// The nearest multiple of 8, at least 8: vector and matrix units process that many channels at once.
std::int64_t rounded_channels(double channels);

/// A convolution followed by a batch norm. A bias of the convolution takes no extra time: in training it cancels, except in the running mean, and has
/// a gradient of zero; in evaluation it is merged into the bias of batch norm.
struct ConvNorm {
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};

  /// `residual` (undefined: none) is added.
  torch::Tensor operator()(const torch::Tensor& x, const torch::Tensor& residual = {});
  /// The same, followed by a ReLU.
  torch::Tensor relu(const torch::Tensor& x, const torch::Tensor& residual = {});
  /// Only the batch norm and a ReLU, for a convolution that was computed in another way.
  torch::Tensor normalized(const torch::Tensor& convolved);
};

/// A batch norm, a ReLU and then the convolution: pre-activation order (He et al., arXiv 1603.05027).
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

/// The parameters of a batch norm in the form that the kernels take.
BatchNorm parameters_of(const torch::nn::BatchNorm2dImpl& norm);
/// Increases num_batches_tracked in training.
void count_batch(torch::nn::BatchNorm2dImpl& norm);

/// Draws the weights of all convolutions below `module` from a normal distribution of variance 2 / fan (He et al.,
/// arXiv 1502.01852) and clears their biases.
void draw_weights(torch::nn::Module& module, torch::nn::init::FanModeType fan);

/// The child `name` of a module, created if it does not exist.
torch::nn::Module& container(torch::nn::Module& owner, const std::string& name);

template <class Holder>
Holder add_module(torch::nn::Module& owner, const std::string& path, Holder module) {
  const std::size_t dot = path.find('.');
  if (dot != std::string::npos) return add_module(container(owner, path.substr(0, dot)), path.substr(dot + 1), std::move(module));
  owner.register_module(path, module);
  return module;
}

}  // namespace seg
