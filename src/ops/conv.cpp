#include "ops/conv.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "ops/cpu/panel_product.hpp"
#include "ops/cpu/tap_conv.hpp"
#include "ops/cpu/winograd.hpp"
#include "ops/layout.hpp"
#include "ops/operators.hpp"
#include "ops/packed_convs.hpp"

namespace seg {
namespace {

/// If a smaller share of the tiles is used, minimal filtering is no faster than LibTorch (two cores with AVX2: 1.8 times at 0.60, as fast at 0.30).
constexpr double kLeastFill = 0.45;
/// Tested with 0.29 and 0.48 of the taps inside the image, where their products take a third of the time of LibTorch's convolution.
constexpr double kMostTaps = 0.6;

torch::Tensor conv_shape(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t) {
  return torch::empty({x.size(0), weight.size(0), x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor input_gradient_shape(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t) {
  return torch::empty({gradient.size(0), weight.size(1), gradient.size(2), gradient.size(3)}, gradient.options(), at::MemoryFormat::ChannelsLast);
}

torch::Tensor weight_gradient_shape(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t) {
  return torch::empty({gradient.size(1), x.size(1), 3, 3}, gradient.options(), at::MemoryFormat::ChannelsLast);
}

/// The operators of one algorithm for the three passes.
struct Winograd {
  static constexpr const char* kForward = "seg::winograd_conv";
  static constexpr const char* kInputGradient = "seg::winograd_conv_input_gradient";
  static constexpr const char* kWeightGradient = "seg::winograd_conv_weight_gradient";
};
struct Taps {
  static constexpr const char* kForward = "seg::tap_conv";
  static constexpr const char* kInputGradient = "seg::tap_conv_input_gradient";
  static constexpr const char* kWeightGradient = "seg::tap_conv_weight_gradient";
};
using Pass = torch::Tensor(const torch::Tensor&, const torch::Tensor&, std::int64_t);

template <class Way>
struct ConvFunction : torch::autograd::Function<ConvFunction<Way>> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& given_x, const torch::Tensor& given_weight,
                               std::int64_t dilation) {
    static const auto found = find_operator<Pass>(Way::kForward);
    const BelowAutograd below;
    const torch::Tensor x = channels_last(given_x), weight = channels_last(given_weight);
    context->save_for_backward({x, weight});
    context->saved_data["dilation"] = dilation;
    return found.call(x, weight, dilation);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    static const auto of_input = find_operator<Pass>(Way::kInputGradient), of_weight = find_operator<Pass>(Way::kWeightGradient);
    const BelowAutograd below;
    const auto saved = context->get_saved_variables();
    const std::int64_t dilation = context->saved_data["dilation"].toInt();
    const torch::Tensor gradient = channels_last(gradients[0]);
    torch::Tensor x_gradient, weight_gradient;
    if (context->needs_input_grad(0)) x_gradient = of_input.call(gradient, saved[1], dilation);
    if (context->needs_input_grad(1)) weight_gradient = of_weight.call(gradient, saved[0], dilation);
    return {x_gradient, weight_gradient, {}};
  }
};

/// Whether oneDNN may write past its memory. In the gradient of the weights of a strided 1x1 convolution, channels-last, it does so with fewer
/// input channels than a vector has elements, 8 with AVX2 and 16 with AVX-512: gradients, also of other layers, are wrong, or the program crashes or
/// never ends (its issue 6035). Networks with a small model.width have 8 channels.
bool overruns(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t padding) {
  constexpr std::int64_t kVector = 16;
  return x.is_cpu() && stride > 1 && padding == 0 && weight.size(1) < kVector && weight.size(2) == 1 && weight.size(3) == 1;
}

torch::Tensor conv_by_torch(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  if (!overruns(x, weight, stride, padding)) return at::conv2d(x, weight, {}, stride, padding, dilation);
  const torch::Tensor seen = at::slice(at::slice(x, 2, {}, {}, stride), 3, {}, {}, stride);
  return at::conv2d(seen.contiguous(x.suggest_memory_format()), weight);
}

torch::Tensor conv_on_cpu(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  switch (conv_way(x, weight, {stride, padding, dilation}, x.scalar_type())) {
    case ConvWay::kWinograd:
      return ConvFunction<Winograd>::apply(x, weight, dilation);
    case ConvWay::kTaps:
      return ConvFunction<Taps>::apply(x, weight, dilation);
    case ConvWay::kTorch:
      break;
  }
  return conv_by_torch(x, weight, stride, padding, dilation);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(conv_by_torch)>(library, "conv2d(Tensor x, Tensor weight, int stride, int padding, int dilation) -> Tensor",
                                  {.cpu = conv_on_cpu, .autograd = conv_on_cpu, .any = conv_by_torch});
  library.impl("conv2d", torch::dispatch(c10::DispatchKey::AutocastCPU, conv_by_torch));
  define<Pass>(library, "winograd_conv(Tensor x, Tensor weight, int dilation) -> Tensor", {.cpu = cpu::winograd_conv, .meta = conv_shape});
  define<Pass>(library, "winograd_conv_input_gradient(Tensor gradient, Tensor weight, int dilation) -> Tensor",
               {.cpu = cpu::winograd_conv_input_gradient, .meta = input_gradient_shape});
  define<Pass>(library, "winograd_conv_weight_gradient(Tensor gradient, Tensor x, int dilation) -> Tensor",
               {.cpu = cpu::winograd_conv_weight_gradient, .meta = weight_gradient_shape});
  define<Pass>(library, "tap_conv(Tensor x, Tensor weight, int dilation) -> Tensor", {.cpu = cpu::tap_conv, .meta = conv_shape});
  define<Pass>(library, "tap_conv_input_gradient(Tensor gradient, Tensor weight, int dilation) -> Tensor",
               {.cpu = cpu::tap_conv_input_gradient, .meta = input_gradient_shape});
  define<Pass>(library, "tap_conv_weight_gradient(Tensor gradient, Tensor x, int dilation) -> Tensor",
               {.cpu = cpu::tap_conv_weight_gradient, .meta = weight_gradient_shape});
}

}  // namespace

ConvWay conv_way(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, torch::ScalarType type) {
  const bool known = type == torch::kFloat && weight.scalar_type() == torch::kFloat && weight.size(2) == 3 && weight.size(3) == 3 &&
                     steps.stride == 1 && steps.padding == steps.dilation && cpu::fits_panels(weight.size(1), weight.size(0));
  if (known && cpu::winograd_fill(x.size(2), x.size(3), steps.dilation) >= kLeastFill) return ConvWay::kWinograd;
  if (known && cpu::tap_share(x.size(2), x.size(3), steps.dilation) <= kMostTaps) return ConvWay::kTaps;
  return ConvWay::kTorch;
}

torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) {
  if (PackedConvs* const packed = packed_convs()) return packed->conv(x, weight, steps);
  static const auto found = find_operator<decltype(conv_by_torch)>("seg::conv2d");
  return found.call(x, weight, steps.stride, steps.padding, steps.dilation);
}

}  // namespace seg
