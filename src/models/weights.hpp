// Reads and loads the weights of a network by name. Loading is complete or changes nothing.
//
// The names in a file must be those of the network: torchvision's (and timm's) for backbones and DeepLabV3, those of the code published
// with the recall loss for DeepLabV3+, those of the authors' code for DDRNet. A common prefix "module." (torch.nn.DataParallel) is removed. A tensor
// that is missing, unexpected or has another shape is an error that names it, unless it has an allowed prefix.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>
#include <vector>

#include "base/download.hpp"
#include "core/types.hpp"
#include "models/model.hpp"

namespace seg {

/// What happened to each tensor, under the network's names, sorted.
struct WeightReport {
  std::string source;
  std::vector<std::string> loaded;
  std::vector<std::string> missing;        // only in the network; keeps its initial values
  std::vector<std::string> unexpected;     // only in the file
  std::vector<std::string> unused;         // only in the file, as expected
  std::vector<std::string> mismatched;     // "name: [64,3,3,3] in the file, [64,3,7,7] in the network"; keeps its initial values
  std::vector<std::string> reinitialized;  // class layers for other classes; keep their initial values
};

/// A short table for the log: one line for each list that is not empty, with its first names, except for the loaded tensors.
std::string describe(const WeightReport& report);

/// Loads options.pretrained or options.init_from, whichever is set. pretrained: weights of the backbone, with or without "backbone." before the
/// names: ImageNet weights, whose classifier is unused (see Backbone), or those of a whole network; kImageNet: found on the machine, or downloaded
/// with `progress`. init_from: a whole network; an auxiliary head that this network lacks is unused. same_classes: whether the file has the classes
/// of the model, if it names its classes. Throws kStorage, and what find_published_weights throws.
std::optional<WeightReport> load_initial_weights(Model& model, const ModelOptions& options, bool same_classes = true,
                                                 const DownloadProgress& progress = {});

/// The weights in a safetensors or PyTorch file (see open_tensor_file): from a checkpoint of segtrain the averaged weights, "ema.*", or else
/// "model.*"; from other files all tensors. Throws kStorage.
State read_weights(const std::string& path);

/// Parameters and buffers by name; they share memory with the network.
State model_state(const torch::nn::Module& module);

/// Copies `state` into the network. Throws kStorage with all differences unless names, shapes and dtypes agree exactly.
void load_state_exact(torch::nn::Module& module, const State& state, const std::string& source);

}  // namespace seg
