// The configuration that a checkpoint was trained with, and the network that prediction builds from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/checkpoints/checkpoint.hpp"
#include "engine/run_config.hpp"
#include "predict/predictor.hpp"

namespace seg {

/// The checkpoint's configuration with the thread count of this machine, not of the training machine, and with `overrides` ("key=value");
/// `file` names it in messages. Throws kConfiguration.
RunConfig trained_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Chooses device and precision of forward passes and sets the number of compute threads. Throws kConfiguration.
Compute forward_compute(const RunConfig& config, const std::string& device);

/// The network of the checkpoint `file`, with its own configuration and `overrides`; needs no training data. Throws kConfiguration, kStorage.
TrainedNetwork trained_network(const std::filesystem::path& file, const std::vector<std::string>& overrides, const std::string& device);

}  // namespace seg
