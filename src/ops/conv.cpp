#include "ops/conv.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "ops/cpu/winograd.hpp"
#include "ops/operators.hpp"

namespace seg {
namespace {

/// Where less of the tiles is used, LibTorch's convolutions are as fast (two cores with AVX2: 0.60 of the tiles 1.8 times, 0.30 as fast).
constexpr double kLeastFill = 0.45;

torch::Tensor features_in_order(const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

torch::Tensor winograd_shape(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t) {
  return torch::empty({x.size(0), weight.size(0), x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor winograd_input_shape(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t) {
  return torch::empty({gradient.size(0), weight.size(1), gradient.size(2), gradient.size(3)}, gradient.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor winograd_weight_shape(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t) {
  return torch::empty({gradient.size(1), x.size(1), 3, 3}, gradient.options(), at::MemoryFormat::ChannelsLast);
}

struct WinogradFunction : torch::autograd::Function<WinogradFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& given_x, const torch::Tensor& given_weight,
                               std::int64_t dilation) {
    static const auto found = find_operator<decltype(cpu::winograd_conv)>("seg::winograd_conv");
    const BelowAutograd below;
    const torch::Tensor x = features_in_order(given_x), weight = features_in_order(given_weight);
    context->save_for_backward({x, weight});
    context->saved_data["dilation"] = dilation;
    return found.call(x, weight, dilation);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    static const auto of_input = find_operator<decltype(cpu::winograd_conv_input_gradient)>("seg::winograd_conv_input_gradient");
    static const auto of_weight = find_operator<decltype(cpu::winograd_conv_weight_gradient)>("seg::winograd_conv_weight_gradient");
    const BelowAutograd below;
    const auto saved = context->get_saved_variables();
    const std::int64_t dilation = context->saved_data["dilation"].toInt();
    const torch::Tensor gradient = features_in_order(gradients[0]);
    torch::Tensor x_gradient, weight_gradient;
    if (context->needs_input_grad(0)) x_gradient = of_input.call(gradient, saved[1], dilation);
    if (context->needs_input_grad(1)) weight_gradient = of_weight.call(gradient, saved[0], dilation);
    return {x_gradient, weight_gradient, {}};
  }
};

torch::Tensor conv_by_torch(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  return at::conv2d(x, weight, {}, stride, padding, dilation);
}

torch::Tensor conv_on_cpu(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  const bool known = x.scalar_type() == torch::kFloat && weight.scalar_type() == torch::kFloat && weight.size(2) == 3 && weight.size(3) == 3 &&
                     stride == 1 && padding == dilation && cpu::winograd_takes(weight.size(1), weight.size(0));
  if (known && cpu::winograd_fill(x.size(2), x.size(3), dilation) >= kLeastFill) return WinogradFunction::apply(x, weight, dilation);
  return conv_by_torch(x, weight, stride, padding, dilation);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(conv_by_torch)>(library, "conv2d(Tensor x, Tensor weight, int stride, int padding, int dilation) -> Tensor",
                                  {.cpu = conv_on_cpu, .autograd = conv_on_cpu, .any = conv_by_torch});
  library.impl("conv2d", torch::dispatch(c10::DispatchKey::AutocastCPU, conv_by_torch));
  define<decltype(cpu::winograd_conv)>(library, "winograd_conv(Tensor x, Tensor weight, int dilation) -> Tensor",
                                       {.cpu = cpu::winograd_conv, .meta = winograd_shape});
  define<decltype(cpu::winograd_conv)>(library, "winograd_conv_input_gradient(Tensor gradient, Tensor weight, int dilation) -> Tensor",
                                       {.cpu = cpu::winograd_conv_input_gradient, .meta = winograd_input_shape});
  define<decltype(cpu::winograd_conv)>(library, "winograd_conv_weight_gradient(Tensor gradient, Tensor x, int dilation) -> Tensor",
                                       {.cpu = cpu::winograd_conv_weight_gradient, .meta = winograd_weight_shape});
}

}  // namespace

torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) {
  static const auto found = find_operator<decltype(conv_by_torch)>("seg::conv2d");
  return found.call(x, weight, steps.stride, steps.padding, steps.dilation);
}

}  // namespace seg
