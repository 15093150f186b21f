#include "models/same_layers.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "ops/batch_norm.hpp"
#include "ops/depthwise_conv.hpp"
#include "ops/packed_convs.hpp"

namespace seg {

namespace {

constexpr double kMomentum = 0.01;
constexpr double kEps = 1e-3;
constexpr double kSix = 6.0;

struct Padding {
  std::int64_t before, after;
};

Padding same_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
  return {total / 2, total - total / 2};
}

torch::Tensor both(SameConvNorm& layer, const torch::Tensor& x, const AfterNorm& after) {
  count_batch(*layer.norm);
  const auto& options = layer.conv->options;
  const torch::Tensor& weight = layer.conv->weight;
  const std::int64_t kernel = weight.size(2), stride = (*options.stride())[0], dilation = (*options.dilation())[0];
  const BatchNorm norm = parameters_of(*layer.norm);
  const bool training = layer.norm->is_training();
  const Padding rows = same_padding(x.size(2), kernel, stride, dilation), columns = same_padding(x.size(3), kernel, stride, dilation);
  if (options.groups() > 1)
    return depthwise_conv_norm(x, weight, {stride, dilation, {rows.before, rows.after, columns.before, columns.after}}, norm, after, training);
  // Only images are padded explicitly: packed weights have one fixed padding, independent of the size.
  const torch::Tensor padded = kernel == 1 ? x : at::constant_pad_nd(x, {columns.before, columns.after, rows.before, rows.after});
  return conv_norm(padded, weight, {stride, 0, dilation}, norm, after, training);
}

}  // namespace

torch::Tensor SameConvNorm::operator()(const torch::Tensor& x, const torch::Tensor& residual) { return both(*this, x, {residual, false}); }

torch::Tensor SameConvNorm::relu6(const torch::Tensor& x) { return both(*this, x, {{}, true, kSix}); }

SameConvNorm add_same_conv_norm(torch::nn::Module& owner, const std::string& conv_path, const std::string& norm_path, const ConvShape& shape,
                                std::int64_t groups) {
  const auto options =
      torch::nn::Conv2dOptions(shape.inputs, shape.outputs, shape.kernel).stride(shape.stride).dilation(shape.dilation).groups(groups).bias(false);
  return {add_module(owner, conv_path, torch::nn::Conv2d(options)),
          add_module(owner, norm_path, torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(shape.outputs).eps(kEps).momentum(kMomentum)))};
}

}  // namespace seg
