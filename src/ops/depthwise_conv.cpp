#include "ops/depthwise_conv.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "ops/cpu/depthwise_conv.hpp"
#include "ops/layout.hpp"
#include "ops/operators.hpp"
#include "ops/packed_convs.hpp"

namespace seg {
namespace {

DepthwiseSteps steps_of(std::int64_t stride, std::int64_t dilation, at::IntArrayRef padding) {
  return {stride, dilation, {padding[0], padding[1], padding[2], padding[3]}};
}

torch::Tensor forward_shape(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t dilation,
                            at::IntArrayRef padding) {
  const std::int64_t reach = (weight.size(2) - 1) * dilation + 1;
  const std::int64_t height = (x.size(2) + padding[0] + padding[1] - reach) / stride + 1;
  const std::int64_t width = (x.size(3) + padding[2] + padding[3] - reach) / stride + 1;
  return torch::empty({x.size(0), x.size(1), height, width}, x.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor like_input(const torch::Tensor&, const torch::Tensor& x, const torch::Tensor&, std::int64_t, std::int64_t, at::IntArrayRef) {
  return torch::empty_like(x, x.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor like_weight(const torch::Tensor&, const torch::Tensor&, const torch::Tensor& weight, std::int64_t, std::int64_t, at::IntArrayRef) {
  return torch::empty_like(weight, weight.options(), at::MemoryFormat::Contiguous);
}

bool has_kernel(const torch::Tensor& x, const torch::Tensor& weight) {
  const auto known = [](const torch::Tensor& tensor) { return tensor.scalar_type() == torch::kFloat || tensor.scalar_type() == torch::kBFloat16; };
  return (x.is_cpu() || x.is_meta()) && known(x) && known(weight) && (weight.size(2) == 3 || weight.size(2) == 5);
}

struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& given_x, const torch::Tensor& weight,
                               std::int64_t stride, std::int64_t dilation, at::IntArrayRef padding) {
    static const auto found = find_operator<decltype(forward_shape)>("seg::depthwise_forward");
    const BelowAutograd below;
    const torch::Tensor x = channels_last(given_x);
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["dilation"] = dilation;
    context->saved_data["padding"] = padding;
    return found.call(x, weight, stride, dilation, padding);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    static const auto of_input = find_operator<decltype(like_input)>("seg::depthwise_input_gradient");
    static const auto of_weight = find_operator<decltype(like_weight)>("seg::depthwise_weight_gradient");
    const BelowAutograd below;
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1], gradient = channels_last(gradients[0]);
    const std::int64_t stride = context->saved_data["stride"].toInt(), dilation = context->saved_data["dilation"].toInt();
    const std::vector<std::int64_t> padding = context->saved_data["padding"].toIntVector();
    torch::Tensor x_gradient, weight_gradient;
    if (context->needs_input_grad(0)) x_gradient = of_input.call(gradient, x, weight, stride, dilation, padding);
    if (context->needs_input_grad(1)) weight_gradient = of_weight.call(gradient, x, weight, stride, dilation, padding);
    return {x_gradient, weight_gradient, {}, {}, {}};
  }
};

torch::Tensor plain_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t dilation, at::IntArrayRef padding) {
  return reference::depthwise_conv(x, weight, steps_of(stride, dilation, padding));
}

torch::Tensor conv_by_kernel(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t dilation,
                             at::IntArrayRef padding) {
  if (!has_kernel(x, weight)) return plain_conv(x, weight, stride, dilation, padding);
  return DepthwiseFunction::apply(x, weight, stride, dilation, padding);
}

// padding: above, below, left, right.
TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(plain_conv)>(library, "depthwise_conv(Tensor x, Tensor weight, int stride, int dilation, int[] padding) -> Tensor",
                               {.cpu = conv_by_kernel, .meta = conv_by_kernel, .autograd = conv_by_kernel, .any = plain_conv});
  define<decltype(forward_shape)>(library, "depthwise_forward(Tensor x, Tensor weight, int stride, int dilation, int[] padding) -> Tensor",
                                  {.cpu = cpu::depthwise_forward, .meta = forward_shape});
  define<decltype(like_input)>(
      library, "depthwise_input_gradient(Tensor gradient, Tensor x, Tensor weight, int stride, int dilation, int[] padding) -> Tensor",
      {.cpu = cpu::depthwise_input_gradient, .meta = like_input});
  define<decltype(like_weight)>(
      library, "depthwise_weight_gradient(Tensor gradient, Tensor x, Tensor weight, int stride, int dilation, int[] padding) -> Tensor",
      {.cpu = cpu::depthwise_weight_gradient, .meta = like_weight});
}

void check(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps) {
  const auto wrong = [&](const char* what, const torch::Tensor& tensor) {
    std::ostringstream text;
    text << "depthwise_conv: " << what << ", not " << tensor.scalar_type() << " " << tensor.sizes();
    return Error(ErrorKind::kInternal, text.str());
  };
  if (x.dim() != 4 || !x.is_floating_point() || x.numel() == 0) throw wrong("x must be floating point [N,C,H,W] with at least one value", x);
  if (weight.dim() != 4 || weight.size(0) != x.size(1) || weight.size(1) != 1 || weight.size(2) != weight.size(3))
    throw wrong("the weight must be [C,1,k,k] for the channels of x", weight);
  const std::int64_t reach = (weight.size(2) - 1) * steps.dilation + 1;
  const auto& [above, below, left, right] = steps.padding;
  if (std::min({steps.stride, steps.dilation, above + 1, below + 1, left + 1, right + 1}) < 1 || x.size(2) + above + below < reach ||
      x.size(3) + left + right < reach)
    throw wrong("padding, stride and dilation must leave an output", x);
}

}  // namespace

torch::Tensor reference::depthwise_conv(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps) {
  constexpr std::int64_t kNoPadding = 0;
  const auto& [above, below, left, right] = steps.padding;
  const torch::Tensor padded = at::constant_pad_nd(x, {left, right, above, below});
  return at::conv2d(padded, weight, {}, steps.stride, kNoPadding, steps.dilation, x.size(1));
}

torch::Tensor depthwise_conv(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps) {
  static const auto found = find_operator<decltype(plain_conv)>("seg::depthwise_conv");
  check(x, weight, steps);
  return found.call(x, weight, steps.stride, steps.dilation, steps.padding);
}

torch::Tensor depthwise_conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const DepthwiseSteps& steps, const BatchNorm& norm,
                                  const AfterNorm& after, bool training) {
  PackedConvs* const packed = packed_convs();
  if (packed == nullptr || training || after.residual.defined() || !x.is_cpu() || !has_kernel(x, weight))
    return batch_norm(depthwise_conv(x, weight, steps), norm, after, training);
  check(x, weight, steps);
  // The folded weights [k,k,C] and, as a last row, the bias.
  const torch::Tensor folded = packed->derived(weight, [&](const torch::Tensor& plain) {
    const torch::Tensor scale = norm.weight * (norm.running_variance + norm.eps).rsqrt(), bias = norm.bias - norm.running_mean * scale;
    const torch::Tensor taps = (plain.to(torch::kFloat).squeeze(1) * scale.view({-1, 1, 1})).permute({1, 2, 0});
    return torch::cat({taps.reshape({-1, scale.size(0)}), bias.unsqueeze(0)});
  });
  const std::int64_t kernel = weight.size(2), count = kernel * kernel;
  cpu::AfterTaps bounds{folded[count]};
  if (after.relu) bounds.floor = 0, bounds.ceiling = static_cast<float>(after.upper);
  return cpu::depthwise_conv_of_taps(channels_last(x), folded.narrow(0, 0, count).view({kernel, kernel, -1}), steps.stride, steps.dilation,
                                     steps.padding, bounds);
}

}  // namespace seg
