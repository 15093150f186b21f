#include "models/ddrnet.hpp"

#include "models/residual_block.hpp"
#include "ops/resize.hpp"

namespace seg {

namespace {

/// Two basic blocks. relu: also after the last one.
torch::nn::Sequential basic_layer(std::int64_t inputs, std::int64_t channels, std::int64_t stride, bool relu) {
  const ResidualBlock first(ResidualShape{.inputs = inputs, .width = channels, .outputs = channels, .stride = stride});
  const ResidualBlock second(ResidualShape{.inputs = channels, .width = channels, .outputs = channels, .relu = relu});
  return torch::nn::Sequential(first, second);
}

/// One bottleneck block with twice as many output channels, without the last ReLU.
torch::nn::Sequential bottleneck_layer(std::int64_t channels, std::int64_t stride) {
  return torch::nn::Sequential(ResidualBlock(
      ResidualShape{.bottleneck = true, .inputs = channels, .width = channels, .outputs = 2 * channels, .stride = stride, .relu = false}));
}

}  // namespace

DdrNet23Slim::DdrNet23Slim(const ModelOptions& options, std::int64_t classes) : align_corners_(options.align_corners) {
  const std::int64_t stem = rounded_channels(32 * options.width), high = 2 * stem;
  const std::int64_t head = rounded_channels(64 * options.width);
  stem_ = {add_conv_norm(*this, "conv1.0", "conv1.1", {3, stem, 3, 2}, true), add_conv_norm(*this, "conv1.3", "conv1.4", {stem, stem, 3, 2}, true)};
  layer1_ = register_module("layer1", basic_layer(stem, stem, 1, true));
  layer2_ = register_module("layer2", basic_layer(stem, 2 * stem, 2, true));
  layer3_ = register_module("layer3", basic_layer(2 * stem, 4 * stem, 2, false));
  layer4_ = register_module("layer4", basic_layer(4 * stem, 8 * stem, 2, false));
  layer5_ = register_module("layer5", bottleneck_layer(8 * stem, 2));
  high3_ = register_module("layer3_", basic_layer(2 * stem, high, 1, false));
  high4_ = register_module("layer4_", basic_layer(high, high, 1, false));
  high5_ = register_module("layer5_", bottleneck_layer(high, 1));
  down3_ = add_conv_norm(*this, "down3.0", "down3.1", {high, 4 * stem, 3, 2});
  down4_ = add_conv_norm(*this, "down4.0", "down4.1", {high, 4 * stem, 3, 2});
  down4_last_ = add_conv_norm(*this, "down4.3", "down4.4", {4 * stem, 8 * stem, 3, 2});
  compression3_ = add_conv_norm(*this, "compression3.0", "compression3.1", {4 * stem, high});
  compression4_ = add_conv_norm(*this, "compression4.0", "compression4.1", {8 * stem, high});
  spp_ = register_module("spp", Dappm(16 * stem, rounded_channels(128 * options.width), 4 * stem, align_corners_));
  if (options.auxiliary) auxiliary_ = register_module("seghead_extra", DdrNetHead(high, head, classes));
  final_layer_ = register_module("final_layer", DdrNetHead(4 * stem, head, classes));
  draw_weights(*this, torch::kFanOut);
}

torch::Tensor DdrNet23Slim::with_context(const torch::Tensor& high, const torch::Tensor& low) const {
  return high + resize_features(low, high.size(2), high.size(3), align_corners_);
}

ModelOutput DdrNet23Slim::forward(const torch::Tensor& images) {
  torch::Tensor shared = images;
  for (ConvNorm& layer : stem_) shared = layer.relu(shared);
  shared = layer2_->forward(layer1_->forward(shared));

  const torch::Tensor low3 = layer3_->forward(shared), high3 = high3_->forward(shared);
  const torch::Tensor fused3 = with_context(high3, compression3_(low3.relu()));
  const torch::Tensor low4 = layer4_->forward(down3_.relu(high3.relu(), low3)), high4 = high4_->forward(fused3.relu());
  const torch::Tensor fused4 = with_context(high4, compression4_(low4.relu()));
  const torch::Tensor deepest = layer5_->forward(down4_last_.relu(down4_.relu(high4.relu()), low4));
  const torch::Tensor features = with_context(high5_->forward(fused4.relu()), spp_->forward(deepest));

  ModelOutput output{final_layer_->forward(features), {}};
  if (!auxiliary_.is_empty() && is_training()) output.auxiliary = auxiliary_->forward(fused3);
  return output;
}

std::vector<std::string> DdrNet23Slim::class_layers() const {
  std::vector<std::string> names{"final_layer.conv2"};
  if (!auxiliary_.is_empty()) names.emplace_back("seghead_extra.conv2");
  return names;
}

}  // namespace seg
