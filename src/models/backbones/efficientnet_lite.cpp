#include "models/backbones/efficientnet_lite.hpp"

#include <array>
#include <cmath>

namespace seg {

namespace {

struct Stage {
  std::int64_t blocks, kernel, stride, expansion, channels;
};

constexpr std::int64_t kStemChannels = 32;
constexpr std::array<Stage, 7> kStages = {
    {{1, 3, 1, 1, 16}, {2, 3, 2, 6, 24}, {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80}, {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}}};
constexpr std::size_t kLowStage = 1, kMidStage = 4;

/// Draws from a normal distribution with variance 2 / (kernel area x outputs of a group), as the authors do; for depthwise convolutions 2 / area.
void draw_weights_by_group(torch::nn::Module& module) {
  const torch::NoGradGuard no_gradient;
  for (const auto& child : module.modules(/*include_self=*/false))
    if (auto* conv = child->as<torch::nn::Conv2d>()) {
      const std::int64_t fan = conv->weight.size(2) * conv->weight.size(3) * conv->weight.size(0) / conv->options.groups();
      conv->weight.normal_(0.0, std::sqrt(2.0 / static_cast<double>(fan)));
    }
}

}  // namespace

InvertedResidualImpl::InvertedResidualImpl(const InvertedResidualShape& s) : expands_(s.expansion != 1), adds_(s.adds) {
  const std::int64_t between = s.inputs * s.expansion;
  if (expands_) expand_ = add_same_conv_norm(*this, "_expand_conv", "_bn0", {s.inputs, between});
  depthwise_ = add_same_conv_norm(*this, "_depthwise_conv", "_bn1", {between, between, s.kernel, s.stride, s.dilation}, between);
  project_ = add_same_conv_norm(*this, "_project_conv", "_bn2", {between, s.outputs});
}

torch::Tensor InvertedResidualImpl::forward(const torch::Tensor& x) {
  const torch::Tensor expanded = expands_ ? expand_.relu6(x) : x;
  return project_(depthwise_.relu6(expanded), adds_ ? x : torch::Tensor());
}

EfficientNetLiteImpl::EfficientNetLiteImpl(double width, std::int64_t output_stride) {
  const auto scaled = [&](std::int64_t channels) { return rounded_channels(static_cast<double>(channels) * width); };
  stem_ = add_same_conv_norm(*this, "_conv_stem", "_bn0", {3, scaled(kStemChannels), 3, 2});
  std::int64_t inputs = scaled(kStemChannels), reached_stride = 2, dilation = 1;
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    const Stage& s = kStages[stage];
    const std::int64_t outputs = scaled(s.channels);
    const bool strided = reached_stride * s.stride <= output_stride;
    if (strided) reached_stride *= s.stride;
    for (std::int64_t i = 0; i < s.blocks; ++i) {
      const bool first = i == 0;
      const bool adds = inputs == outputs && (!first || s.stride == 1);  // independent of whether the stride is replaced by dilation
      const InvertedResidualShape shape{inputs, outputs, s.expansion, s.kernel, first && strided ? s.stride : 1, dilation, adds};
      blocks_.push_back(add_module(*this, "_blocks." + std::to_string(blocks_.size()), InvertedResidual(shape)));
      if (first && !strided) dilation *= s.stride;
      inputs = outputs;
    }
    if (stage == kLowStage) low_end_ = blocks_.size(), channels_.low = outputs;
    if (stage == kMidStage) mid_end_ = blocks_.size(), channels_.mid = outputs;
  }
  channels_.high = inputs;
  draw_weights_by_group(*this);
}

Features EfficientNetLiteImpl::forward(const torch::Tensor& images) {
  Features features;
  torch::Tensor x = stem_.relu6(images);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i]->forward(x);
    if (i + 1 == low_end_) features.low = x;
    if (i + 1 == mid_end_) features.mid = x;
  }
  features.high = x;
  return features;
}

}  // namespace seg
