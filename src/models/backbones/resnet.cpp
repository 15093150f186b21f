#include "models/backbones/resnet.hpp"

#include <string>
#include <vector>

namespace seg {

namespace {

struct BlockShape {
  bool bottleneck;
  std::int64_t inputs;  // channels
  std::int64_t width;   // channels of the inner convolutions
  std::int64_t stride;
  std::int64_t strided_dilation;  // of the convolution that carries the stride
  std::int64_t dilation;          // of the 3x3 convolution after it (basic blocks)
};

std::int64_t expansion_of(bool bottleneck) { return bottleneck ? 4 : 1; }

std::vector<ConvShape> convolutions(const BlockShape& b) {
  if (b.bottleneck) return {{b.inputs, b.width, 1}, {b.width, b.width, 3, b.stride, b.strided_dilation}, {b.width, b.width * expansion_of(true), 1}};
  return {{b.inputs, b.width, 3, b.stride, b.strided_dilation}, {b.width, b.width, 3, 1, b.dilation}};
}

/// relu(x + f(x)), f = two 3x3 convolutions, or 1x1, 3x3, 1x1; x is projected where the shape changes.
class ResidualBlockImpl : public torch::nn::Module {
 public:
  explicit ResidualBlockImpl(const BlockShape& shape) {
    for (const ConvShape& conv : convolutions(shape)) {
      const std::string number = std::to_string(convs_.size() + 1);
      convs_.push_back(add_conv_norm(*this, "conv" + number, "bn" + number, conv));
    }
    const std::int64_t outputs = shape.width * expansion_of(shape.bottleneck);
    projected_ = shape.stride != 1 || shape.inputs != outputs;
    if (projected_) projection_ = add_conv_norm(*this, "downsample.0", "downsample.1", {shape.inputs, outputs, 1, shape.stride});
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = x;
    for (std::size_t i = 0; i + 1 < convs_.size(); ++i) y = convs_[i].relu(y);
    return convs_.back().relu(y, projected_ ? projection_(x) : x);
  }

 private:
  std::vector<ConvNorm> convs_;
  bool projected_;
  ConvNorm projection_;
};
TORCH_MODULE(ResidualBlock);

}  // namespace

ResNetImpl::ResNetImpl(const ResNetShape& shape, std::int64_t output_stride) {
  stem_ = add_conv_norm(*this, "conv1", "bn1", {3, shape.channels[0], 7, 2});
  std::int64_t inputs = shape.channels[0];
  std::int64_t reached_stride = 4;  // behind the stem and its pooling
  std::int64_t dilation = 1;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    const std::int64_t width = shape.channels[stage];
    channels_[stage] = width * expansion_of(shape.bottleneck);
    const std::int64_t reduction = stage == 0 ? 1 : 2;
    const bool strided = reached_stride * reduction <= output_stride;
    const std::int64_t previous_dilation = dilation;
    if (strided)
      reached_stride *= reduction;
    else
      dilation *= reduction;
    stages_[stage] = torch::nn::Sequential();
    for (std::int64_t i = 0; i < shape.blocks[stage]; ++i) {
      BlockShape block{shape.bottleneck, inputs, width, i == 0 && strided ? reduction : 1, i == 0 ? previous_dilation : dilation, dilation};
      // The published code dilates a stage's first block like the others, and the last stage's blocks 1, 2, 4 times as much.
      if (shape.multi_grid) block.strided_dilation = stage == 3 ? dilation << i : dilation;
      stages_[stage]->push_back(ResidualBlock(block));
      inputs = channels_[stage];
    }
    register_module("layer" + std::to_string(stage + 1), stages_[stage]);
  }
  draw_weights(*this, torch::kFanOut);
}

Features ResNetImpl::forward(const torch::Tensor& images) {
  Features features;
  const torch::Tensor stem = torch::max_pool2d(stem_.relu(images), 3, 2, 1);
  features.low = stages_[0]->forward(stem);
  features.mid = stages_[2]->forward(stages_[1]->forward(features.low));
  features.high = stages_[3]->forward(features.mid);
  return features;
}

}  // namespace seg
