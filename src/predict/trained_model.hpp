// Builds a network with the weights of a checkpoint, for evaluation, prediction and export.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "models/model.hpp"

namespace seg {

/// The network with these options and this number of classes, with the weights in `file` (the averaged weights if it has them), on the device, in
/// evaluation mode. Throws kStorage, kConfiguration.
std::shared_ptr<Model> trained_model(ModelOptions options, std::int64_t classes, const std::filesystem::path& file, torch::Device device);

}  // namespace seg
