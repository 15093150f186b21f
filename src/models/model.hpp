// What a model is: normalised images in, logits at the head's own stride out.
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
  /// Names of the layers with one output a class ("decoder.last_conv.8"): weights for other classes leave these out.
  virtual std::vector<std::string> class_layers() const = 0;

  /// Of all parameters.
  std::int64_t value_count() const {
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : parameters()) count += parameter.numel();
    return count;
  }
};

/// Throws kConfiguration for options that do not fit each other; touches no file.
void check_model(const ModelOptions& options);

/// Whether the architecture stands on a backbone, whose parameters are then named "backbone.*". Where it does not, what describes one
/// (ModelOptions::backbone, output_stride, aspp_rates, pretrained) must be as it is by default. Throws kConfiguration for an unknown architecture, as
/// do the next two.
bool has_backbone(const ModelOptions& options);
/// What the names of the auxiliary head's tensors begin with: "aux_classifier". Whether the network has one: ModelOptions::auxiliary.
std::string auxiliary_head(const ModelOptions& options);
/// In words: "deeplabv3plus resnet18 stride 16".
std::string network_name(const ModelOptions& options);

/// A freshly initialised model; draws from torch's default generator.
/// Loads nothing (see weights.hpp). Throws kConfiguration as check_model does.
std::shared_ptr<Model> build_model(const ModelOptions& options, std::int64_t classes);

/// Throws kConfiguration with what to change if training on batches of this shape would give batch norm one value a channel.
void check_batch_norm(const ModelOptions& options, std::int64_t batch_size, std::int64_t height, std::int64_t width);

}  // namespace seg
