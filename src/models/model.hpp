// The interface of models: normalised images in, logits at the head's stride out.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "models/model_options.hpp"

namespace seg {

struct ModelOutput {
  torch::Tensor logits;     // [N,K,h,w], h = H / output stride of the head, rounded up
  torch::Tensor auxiliary;  // [N,K,h',w'] of the auxiliary head, undefined without one or in evaluation
};

class Model : public torch::nn::Module {
 public:
  /// images: float32 or bfloat16 [N,3,H,W], normalised, channels-last preferred.
  virtual ModelOutput forward(const torch::Tensor& images) = 0;
  /// Names of the layers with one output per class ("decoder.last_conv.8"); they are not loaded from weights for other classes.
  virtual std::vector<std::string> class_layers() const = 0;

  /// Number of values in all parameters.
  std::int64_t value_count() const {
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : parameters()) count += parameter.numel();
    return count;
  }
};

/// Throws kConfiguration for options that contradict each other; touches no file.
void check_model(const ModelOptions& options);

/// Whether the architecture has a backbone, whose parameters are then named "backbone.*". If not, the options of the backbone
/// (ModelOptions::backbone, output_stride, aspp_rates, pretrained) must have their defaults. This function and the next two throw kConfiguration for
/// an unknown architecture.
bool has_backbone(const ModelOptions& options);
/// Name prefix of the auxiliary head's tensors: "aux_classifier". ModelOptions::auxiliary says whether the network has one.
std::string auxiliary_head(const ModelOptions& options);
/// A description: "deeplabv3plus resnet18 stride 16".
std::string network_name(const ModelOptions& options);

/// A freshly initialised model; draws from torch's default generator.
/// Loads no weights (see weights.hpp). Throws kConfiguration like check_model.
std::shared_ptr<Model> build_model(const ModelOptions& options, std::int64_t classes);

/// Throws kConfiguration, with a hint, if batch norm would get only one value per channel in training on batches of this shape.
void check_batch_norm(const ModelOptions& options, std::int64_t batch_size, std::int64_t height, std::int64_t width);

}  // namespace seg
