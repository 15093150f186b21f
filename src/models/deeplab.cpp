#include "models/deeplab.hpp"

namespace seg {

namespace {

std::vector<std::int64_t> rates(const ModelOptions& options) {
  if (!options.aspp_rates.empty()) return options.aspp_rates;
  const std::int64_t scale = 16 / options.output_stride;
  return {6 * scale, 12 * scale, 18 * scale};
}

}  // namespace

DeepLab::DeepLab(ResNet backbone, const ModelOptions& options, std::int64_t classes) : backbone_(std::move(backbone)) {
  register_module("backbone", backbone_);
  if (!options.auxiliary) return;
  auxiliary_ = add_auxiliary(*this, backbone_->mid_channels(), classes, options.dropout);
  draw_weights(container(*this, "aux_classifier"), torch::kFanIn);
}

ModelOutput DeepLab::forward(const torch::Tensor& images) {
  const Features features = backbone_->forward(images);
  ModelOutput output{logits(features), {}};
  if (auxiliary_ && is_training()) output.auxiliary = (*auxiliary_)(features.mid, true);
  return output;
}

std::vector<std::string> DeepLab::class_layers() const {
  std::vector<std::string> names{class_layer()};
  if (auxiliary_) names.push_back("aux_classifier.4");
  return names;
}

DeepLabV3::DeepLabV3(ResNet backbone, const ModelOptions& options, std::int64_t classes)
    : DeepLab(backbone, options, classes),
      aspp_(add_module(*this, "classifier.0", Aspp(backbone->high_channels(), rates(options), options.dropout, torchvision_aspp_names()))),
      classifier_(add_classifier(*this, kAsppChannels, classes)) {
  draw_weights(container(*this, "classifier"), torch::kFanIn);
}

torch::Tensor DeepLabV3::logits(const Features& features) { return classifier_(aspp_->forward(features.high), is_training()); }

DeepLabV3Plus::DeepLabV3Plus(ResNet backbone, const ModelOptions& options, std::int64_t classes)
    : DeepLab(backbone, options, classes),
      aspp_(add_module(*this, "aspp", Aspp(backbone->high_channels(), rates(options), options.dropout, published_aspp_names()))),
      decoder_(add_module(*this, "decoder", Decoder(backbone->low_channels(), classes, options.dropout, options.align_corners))) {
  draw_weights(*aspp_, torch::kFanIn);
  draw_weights(*decoder_, torch::kFanIn);
}

torch::Tensor DeepLabV3Plus::logits(const Features& features) { return decoder_->forward(features.low, aspp_->forward(features.high)); }

}  // namespace seg
