#include "models/layers.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "ops/batch_norm.hpp"
#include "ops/conv.hpp"
#include "ops/packed_convs.hpp"

namespace seg {

BatchNorm parameters_of(const torch::nn::BatchNorm2dImpl& norm) {
  return {norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.options.momentum().value(), norm.options.eps()};
}

void count_batch(torch::nn::BatchNorm2dImpl& norm) {
  if (norm.is_training()) norm.num_batches_tracked.add_(1);
}

namespace {

ConvSteps steps_of(const torch::nn::Conv2dImpl& conv) {
  const std::int64_t stride = (*conv.options.stride())[0], dilation = (*conv.options.dilation())[0];
  return {stride, dilation * (conv.weight.size(2) / 2), dilation};
}

/// Rewrites norm(convolution + bias) as norm'(convolution). In training the batch's mean contains the bias, so that the bias only affects the
/// running mean.
BatchNorm with_bias(BatchNorm norm, const torch::Tensor& bias, bool training) {
  if (training) {
    norm.running_mean = norm.running_mean - bias.detach();
    norm.bias = norm.bias + 0.0 * bias;
  } else {
    norm.bias = norm.bias + bias * norm.weight * (norm.running_variance + norm.eps).rsqrt();
  }
  return norm;
}

torch::Tensor both(ConvNorm& layer, const torch::Tensor& x, const AfterNorm& after) {
  count_batch(*layer.norm);
  const torch::Tensor& bias = layer.conv->bias;
  const bool training = layer.norm->is_training();
  BatchNorm norm = parameters_of(*layer.norm);
  if (bias.defined()) norm = with_bias(norm, bias, training);
  const torch::Tensor y = conv_norm(x, layer.conv->weight, steps_of(*layer.conv), norm, after, training);
  if (bias.defined() && training) layer.norm->running_mean.copy_(norm.running_mean + bias.detach());
  return y;
}

}  // namespace

std::int64_t rounded_channels(double channels) { return std::max<std::int64_t>(8, 8 * std::llround(channels / 8)); }

torch::Tensor ConvNorm::operator()(const torch::Tensor& x, const torch::Tensor& residual) { return both(*this, x, {residual, false}); }

torch::Tensor ConvNorm::relu(const torch::Tensor& x, const torch::Tensor& residual) { return both(*this, x, {residual, true}); }

torch::Tensor ConvNorm::normalized(const torch::Tensor& convolved) { return norm_relu(norm, convolved); }

torch::Tensor NormConv::operator()(const torch::Tensor& x) { return conv2d(norm_relu(norm, x), conv->weight, steps_of(*conv)); }

torch::Tensor norm_relu(torch::nn::BatchNorm2d& norm, const torch::Tensor& x) {
  count_batch(*norm);
  return batch_norm(x, parameters_of(*norm), {{}, true}, norm->is_training());
}

torch::nn::Module& container(torch::nn::Module& owner, const std::string& name) {
  const auto children = owner.named_children();
  if (const auto* child = children.find(name)) return **child;
  return *owner.register_module(name, std::make_shared<torch::nn::Module>());
}

torch::nn::Conv2d add_conv(torch::nn::Module& owner, const std::string& path, const ConvShape& shape, bool bias) {
  const auto options = torch::nn::Conv2dOptions(shape.inputs, shape.outputs, shape.kernel)
                           .stride(shape.stride)
                           .padding(shape.dilation * (shape.kernel / 2))
                           .dilation(shape.dilation)
                           .bias(bias);
  return add_module(owner, path, torch::nn::Conv2d(options));
}

ConvNorm add_conv_norm(torch::nn::Module& owner, const std::string& conv_path, const std::string& norm_path, const ConvShape& shape, bool bias) {
  return {add_conv(owner, conv_path, shape, bias), add_module(owner, norm_path, torch::nn::BatchNorm2d(shape.outputs))};
}

NormConv add_norm_conv(torch::nn::Module& owner, const std::string& norm_path, const std::string& conv_path, const ConvShape& shape) {
  return {add_module(owner, norm_path, torch::nn::BatchNorm2d(shape.inputs)), add_conv(owner, conv_path, shape, false)};
}

void draw_weights(torch::nn::Module& module, torch::nn::init::FanModeType fan) {
  for (const auto& child : module.modules(/*include_self=*/false)) {
    auto* conv = child->as<torch::nn::Conv2d>();
    if (conv == nullptr) continue;
    torch::nn::init::kaiming_normal_(conv->weight, 0.0, fan, torch::kReLU);
    if (conv->bias.defined()) torch::nn::init::zeros_(conv->bias);
  }
}

}  // namespace seg
