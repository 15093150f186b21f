// DeepLabV3 (arXiv 1706.05587) and DeepLabV3+ (arXiv 1802.02611), each with an optional auxiliary head on the third stage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/backbones/resnet.hpp"
#include "models/heads/aspp.hpp"
#include "models/heads/convolutional.hpp"
#include "models/heads/decoder.hpp"
#include "models/model.hpp"

namespace seg {

/// What both have: the backbone and the auxiliary head.
class DeepLab : public Model {
 public:
  ModelOutput forward(const torch::Tensor& images) final;
  std::vector<std::string> class_layers() const final;

 protected:
  DeepLab(ResNet backbone, const ModelOptions& options, std::int64_t classes);

  virtual torch::Tensor logits(const Features& features) = 0;
  virtual std::string class_layer() const = 0;

 private:
  ResNet backbone_;
  std::optional<ConvolutionalHead> auxiliary_;
};

/// Logits at the output stride; torchvision's names.
class DeepLabV3 : public DeepLab {
 public:
  DeepLabV3(ResNet backbone, const ModelOptions& options, std::int64_t classes);

 private:
  torch::Tensor logits(const Features& features) override;
  std::string class_layer() const override { return "classifier.4"; }

  Aspp aspp_;
  ConvolutionalHead classifier_;
};

/// Logits at stride 4; names of the code published with the recall loss.
class DeepLabV3Plus : public DeepLab {
 public:
  DeepLabV3Plus(ResNet backbone, const ModelOptions& options, std::int64_t classes);

 private:
  torch::Tensor logits(const Features& features) override;
  std::string class_layer() const override { return "decoder.last_conv.8"; }

  Aspp aspp_;
  Decoder decoder_;
};

}  // namespace seg
