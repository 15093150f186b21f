#include "ops/packed_convs.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

#include <cmath>
#include <optional>

#include "device/compute.hpp"
#include "ops/cpu/tap_conv.hpp"
#include "ops/layout.hpp"

namespace seg {
namespace {

thread_local PackedConvs* current_convs = nullptr;

/// s, see the header.
torch::Tensor scale_of(const BatchNorm& norm) { return norm.weight * (norm.running_variance + norm.eps).rsqrt(); }

/// LibTorch's convolutions by oneDNN with pre-packed weights, which not all builds have.
class OneDnnConv {
 public:
  static const OneDnnConv* find() {
    static const std::optional<OneDnnConv> found = look_up();
    return found ? &*found : nullptr;
  }

  torch::IValue pack(const torch::Tensor& weight, const torch::Tensor& bias, const ConvSteps& steps, at::IntArrayRef x_sizes, bool relu) const {
    const auto both = [](std::int64_t value) { return std::vector<std::int64_t>{value, value}; };
    const torch::IValue no_bias;
    torch::jit::Stack stack{weight,
                            bias.defined() ? torch::IValue(bias) : no_bias,
                            both(steps.stride),
                            both(steps.padding),
                            both(steps.dilation),
                            1,
                            x_sizes.vec(),
                            relu ? "relu" : "none"};
    pack_.callBoxed(stack);
    return stack.front();
  }

  torch::Tensor run(const torch::Tensor& x, const torch::IValue& packed) const {
    torch::jit::Stack stack{x, packed};
    run_.callBoxed(stack);
    return stack.front().toTensor();
  }

 private:
  OneDnnConv(const c10::OperatorHandle& pack, const c10::OperatorHandle& run) : pack_(pack), run_(run) {}

  static std::optional<OneDnnConv> look_up() {
    if (!at::globalContext().userEnabledMkldnn()) return {};
    const auto pack = c10::Dispatcher::singleton().findSchema({"mkldnn_prepacked::conv2d_prepack", ""});
    const auto run = c10::Dispatcher::singleton().findSchema({"mkldnn_prepacked::conv2d_run", ""});
    if (!pack || !run) return {};
    return OneDnnConv(*pack, *run);
  }

  c10::OperatorHandle pack_, run_;
};

}  // namespace

bool PackedConvs::suits(torch::Device device, torch::ScalarType type) {
  return device.is_cpu() && (type == torch::kFloat || (type == torch::kBFloat16 && multiplies_bf16(device)));
}

torch::Tensor PackedConvs::conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm,
                                     const AfterNorm& after) {
  const bool folds = !after.residual.defined() && conv_way(x, weight, steps, type_) != ConvWay::kTaps;
  if (!folds) return batch_norm(conv(x, weight, steps), norm, after, false);
  const torch::Tensor y = run(x, weight, steps, &norm, after.relu);
  return after.relu && std::isfinite(after.upper) ? y.clamp_max_(after.upper) : y;
}

torch::Tensor PackedConvs::derived(const torch::Tensor& weight, const std::function<torch::Tensor(const torch::Tensor&)>& make) {
  torch::Tensor& kept = derived_[key_of(weight)];
  if (!kept.defined()) kept = make(weight);
  return kept;
}

torch::Tensor PackedConvs::run(const torch::Tensor& given_x, const torch::Tensor& given_weight, const ConvSteps& steps, const BatchNorm* norm,
                               bool relu) {
  RECORD_FUNCTION("seg::packed_conv", std::vector<c10::IValue>({given_x, given_weight}));
  const torch::Tensor x = channels_last(given_x.to(type_));
  Packed& packed = packed_[key_of(given_weight)];
  if (norm != nullptr && !packed.bias.defined()) packed.bias = norm->bias - norm->running_mean * scale_of(*norm);
  const auto weight = [&] { return channels_last(norm == nullptr ? given_weight : given_weight * scale_of(*norm).view({-1, 1, 1, 1})); };
  switch (conv_way(x, given_weight, steps, type_)) {
    case ConvWay::kWinograd:
      if (!packed.filters.points.defined()) packed.filters = cpu::winograd_filters(weight());
      return cpu::winograd_conv(x, packed.filters, steps.dilation, packed.bias, relu);
    case ConvWay::kTaps:
      if (!packed.panels.defined()) packed.panels = cpu::tap_panels(weight());
      return cpu::tap_conv_of_panels(x, packed.panels, steps.dilation);
    case ConvWay::kTorch:
      break;
  }
  return run_by_torch(packed, x, weight, steps, relu);
}

torch::Tensor PackedConvs::run_by_torch(Packed& packed, const torch::Tensor& x, const std::function<torch::Tensor()>& weight, const ConvSteps& steps,
                                        bool relu) {
  if (const OneDnnConv* const onednn = OneDnnConv::find()) {
    if (packed.for_onednn.isNone()) packed.for_onednn = onednn->pack(weight().to(type_), packed.bias, steps, x.sizes(), relu);
    return onednn->run(x, packed.for_onednn);
  }
  if (!packed.weight.defined()) packed.weight = weight().to(type_);
  const torch::Tensor bias = packed.bias.defined() ? packed.bias.to(type_) : packed.bias;
  const torch::Tensor y = at::conv2d(x, packed.weight, bias, steps.stride, steps.padding, steps.dilation);
  return relu ? y.relu_() : y;
}

PackedConvsScope::PackedConvsScope(PackedConvs* convs) : before_(std::exchange(current_convs, convs)) {}
PackedConvsScope::~PackedConvsScope() { current_convs = before_; }

PackedConvs* packed_convs() { return current_convs; }

torch::Tensor conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm, const AfterNorm& after,
                        bool training) {
  if (current_convs != nullptr && !training) return current_convs->conv_norm(x, weight, steps, norm, after);
  return batch_norm(conv2d(x, weight, steps), norm, after, training);
}

}  // namespace seg
