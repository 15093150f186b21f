#include "models/deeplab.hpp"

namespace seg {

namespace {

std::vector<std::int64_t> rates(const ModelOptions& options) {
  if (!options.aspp_rates.empty()) return options.aspp_rates;
  const std::int64_t scale = 16 / options.output_stride;
  return {6 * scale, 12 * scale, 18 * scale};
}

/// Of the pyramid, its branches and what follows it.
std::int64_t pyramid_channels(const ModelOptions& options) { return rounded_channels(256 * options.width); }

Aspp pyramid(const ResNet& backbone, const ModelOptions& options, const AsppNames& names) {
  return Aspp(backbone->high_channels(), pyramid_channels(options), rates(options), options.dropout, names);
}

Decoder decoder(const ResNet& backbone, const ModelOptions& options, std::int64_t classes) {
  const DecoderChannels channels{backbone->low_channels(), rounded_channels(48 * options.width), pyramid_channels(options)};
  return Decoder(channels, classes, options.dropout, options.align_corners);
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
      aspp_(add_module(*this, "classifier.0", pyramid(backbone, options, torchvision_aspp_names()))),
      classifier_(add_classifier(*this, pyramid_channels(options), classes)) {
  draw_weights(container(*this, "classifier"), torch::kFanIn);
}

torch::Tensor DeepLabV3::logits(const Features& features) { return classifier_(aspp_->forward(features.high), is_training()); }

DeepLabV3Plus::DeepLabV3Plus(ResNet backbone, const ModelOptions& options, std::int64_t classes)
    : DeepLab(backbone, options, classes),
      aspp_(add_module(*this, "aspp", pyramid(backbone, options, published_aspp_names()))),
      decoder_(add_module(*this, "decoder", decoder(backbone, options, classes))) {
  draw_weights(*aspp_, torch::kFanIn);
  draw_weights(*decoder_, torch::kFanIn);
}

torch::Tensor DeepLabV3Plus::logits(const Features& features) { return decoder_->forward(features.low, aspp_->forward(features.high)); }

}  // namespace seg
