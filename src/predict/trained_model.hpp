// A network with the weights of a checkpoint, ready to be asked: what evaluation, prediction and export begin with.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "models/model.hpp"

namespace seg {

/// Of so many classes, as `options` say, with the weights in `file` (averaged ones where it has them), on the device, in evaluation mode. Throws
/// kStorage, kConfiguration.
std::shared_ptr<Model> trained_model(ModelOptions options, std::int64_t classes, const std::filesystem::path& file, torch::Device device);

}  // namespace seg
