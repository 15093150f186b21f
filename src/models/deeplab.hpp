// DeepLabV3 (arXiv 1706.05587) and DeepLabV3+ (arXiv 1802.02611), each with an optional auxiliary head on the third stage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/backbones/backbone.hpp"
#include "models/heads/aspp.hpp"
#include "models/heads/convolutional.hpp"
#include "models/heads/decoder.hpp"
#include "models/model.hpp"

namespace seg {

/// The common base of both: the backbone and the auxiliary head.
class DeepLab : public Model {
 public:
  DeepLab(std::shared_ptr<Backbone> backbone, const ModelOptions& options, std::int64_t classes) : backbone_(std::move(backbone)) {
    register_module("backbone", backbone_);
    if (!options.auxiliary) return;
    auxiliary_ = add_auxiliary(*this, backbone_->channels().mid, classes, options.dropout);
    draw_weights(container(*this, "aux_classifier"), torch::kFanIn);
  }

  ModelOutput forward(const torch::Tensor& images) final {
    const Features features = backbone_->forward(images);
    ModelOutput output{logits(features), {}};
    if (auxiliary_ && is_training()) output.auxiliary = (*auxiliary_)(features.mid, true);
    return output;
  }

  std::vector<std::string> class_layers() const final {
    std::vector<std::string> names{class_layer()};
    if (auxiliary_) names.push_back("aux_classifier.4");
    return names;
  }

 protected:
  /// Channels of the pyramid, of its branches and of the layers after it.
  static std::int64_t pyramid_channels(const ModelOptions& options) { return rounded_channels(256 * options.width); }
  static Aspp pyramid(const Backbone& backbone, const ModelOptions& options, const AsppNames& names) {
    return Aspp(backbone.channels().high, pyramid_channels(options), rates(options), options.dropout, names);
  }

  virtual torch::Tensor logits(const Features& features) = 0;
  virtual std::string class_layer() const = 0;

 private:
  static std::vector<std::int64_t> rates(const ModelOptions& options) {
    if (!options.aspp_rates.empty()) return options.aspp_rates;
    const std::int64_t scale = 16 / options.output_stride;
    return {6 * scale, 12 * scale, 18 * scale};
  }

  std::shared_ptr<Backbone> backbone_;
  std::optional<ConvolutionalHead> auxiliary_;
};

/// Logits at the output stride; tensor names of torchvision.
class DeepLabV3 : public DeepLab {
 public:
  DeepLabV3(const std::shared_ptr<Backbone>& backbone, const ModelOptions& options, std::int64_t classes)
      : DeepLab(backbone, options, classes),
        aspp_(add_module(*this, "classifier.0", pyramid(*backbone, options, torchvision_aspp_names()))),
        classifier_(add_classifier(*this, pyramid_channels(options), classes)) {
    draw_weights(container(*this, "classifier"), torch::kFanIn);
  }

 private:
  torch::Tensor logits(const Features& features) override { return classifier_(aspp_->forward(features.high), is_training()); }
  std::string class_layer() const override { return "classifier.4"; }

  Aspp aspp_;
  ConvolutionalHead classifier_;
};

/// Logits at stride 4; tensor names of the code published with the recall loss.
class DeepLabV3Plus : public DeepLab {
 public:
  DeepLabV3Plus(const std::shared_ptr<Backbone>& backbone, const ModelOptions& options, std::int64_t classes)
      : DeepLab(backbone, options, classes),
        aspp_(add_module(*this, "aspp", pyramid(*backbone, options, published_aspp_names()))),
        decoder_(add_module(*this, "decoder", decoder(*backbone, options, classes))) {
    draw_weights(*aspp_, torch::kFanIn);
    draw_weights(*decoder_, torch::kFanIn);
  }

 private:
  static Decoder decoder(const Backbone& backbone, const ModelOptions& options, std::int64_t classes) {
    const DecoderChannels channels{backbone.channels().low, rounded_channels(48 * options.width), pyramid_channels(options)};
    return Decoder(channels, classes, options.dropout, options.align_corners);
  }

  torch::Tensor logits(const Features& features) override { return decoder_->forward(features.low, aspp_->forward(features.high)); }
  std::string class_layer() const override { return "decoder.last_conv.8"; }

  Aspp aspp_;
  Decoder decoder_;
};

}  // namespace seg
