#include "models/backbones/resnet.hpp"

#include <string>

#include "models/residual_block.hpp"

namespace seg {

namespace {

std::int64_t expansion_of(bool bottleneck) { return bottleneck ? 4 : 1; }

}  // namespace

ResNetImpl::ResNetImpl(const ResNetShape& shape, std::int64_t output_stride) {
  stem_ = add_conv_norm(*this, "conv1", "bn1", {3, shape.channels[0], 7, 2});
  std::int64_t inputs = shape.channels[0];
  std::int64_t reached_stride = 4;  // after the stem and its pooling
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
      ResidualShape block{.bottleneck = shape.bottleneck,
                          .inputs = inputs,
                          .width = width,
                          .outputs = channels_[stage],
                          .stride = i == 0 && strided ? reduction : 1,
                          .strided_dilation = i == 0 ? previous_dilation : dilation,
                          .dilation = dilation};
      // The published code uses the same dilation for a stage's first block, and 1, 2, 4 times as much for the blocks of the last stage.
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
