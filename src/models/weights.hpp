// Weights of a network in and out: by name, completely, or not at all.
//
// The names in a file must be those of the network: torchvision's (and timm's) for backbones and DeepLabV3, those of the code published
// with the recall loss for DeepLabV3+, its authors' for DDRNet; a "module." before all of them (torch.nn.DataParallel) is left out. What is missing,
// unexpected or of another shape is an error that names it, unless an allowed prefix covers it. A failed load changes nothing.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>
#include <vector>

#include "base/download.hpp"
#include "core/types.hpp"
#include "models/model.hpp"

namespace seg {

/// What became of each tensor, by the network's names, sorted.
struct WeightReport {
  std::string source;
  std::vector<std::string> loaded;
  std::vector<std::string> missing;        // in the network alone; as initialised
  std::vector<std::string> unexpected;     // in the file alone
  std::vector<std::string> unused;         // in the file alone, and rightly so
  std::vector<std::string> mismatched;     // "name: [64,3,3,3] in the file, [64,3,7,7] in the network"; as initialised
  std::vector<std::string> reinitialized;  // class layers for other classes; as initialised
};

/// A short table for the log: a line each for what there is, with its first names except for those loaded.
std::string describe(const WeightReport& report);

/// options.pretrained (the backbone alone, with or without "backbone." before its names: ImageNet weights, whose classifier is unused
/// (see Backbone), or those of a whole network; kImageNet: found, or downloaded with `progress`) or options.init_from (a whole network; a second head
/// that this one has not is unused), whichever is set. same_classes: whether the file's classes, where it names them, are those of the model. Throws
/// kStorage, and what find_published_weights throws.
std::optional<WeightReport> load_initial_weights(Model& model, const ModelOptions& options, bool same_classes = true,
                                                 const DownloadProgress& progress = {});

/// The weights in a safetensors or PyTorch file (see open_tensor_file): of a checkpoint of ours the averaged ones, "ema.*", before
/// "model.*"; else all tensors. Throws kStorage.
State read_weights(const std::string& path);

/// Parameters and buffers by name; they share memory with the network.
State model_state(const torch::nn::Module& module);

/// Copies `state` into the network. Throws kStorage with all differences unless names, shapes and dtypes agree exactly.
void load_state_exact(torch::nn::Module& module, const State& state, const std::string& source);

}  // namespace seg
