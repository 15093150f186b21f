// A network as a checkpoint holds it, ready to be asked: what evaluation, prediction and export begin with.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "device/compute.hpp"
#include "engine/checkpoints/checkpoint.hpp"
#include "engine/run_config.hpp"
#include "models/model.hpp"

namespace seg {

/// The checkpoint's configuration with the threads of this machine, not of the one that trained, and `overrides` ("key=value");
/// `file` names it in messages. Throws kConfiguration.
RunConfig trained_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Device and precision of a forward pass; sets the number of compute threads. Throws kConfiguration.
Compute forward_compute(const RunConfig& config, const std::string& device);

/// The network with the weights in `file` (averaged ones where it has them), on the device, in evaluation mode. `checkpoint` is
/// the file's metadata. Throws kStorage, kConfiguration.
std::shared_ptr<Model> trained_model(const Checkpoint& checkpoint, const RunConfig& config, const std::filesystem::path& file, torch::Device device);

}  // namespace seg
