// What a checkpoint says of its network: the configuration it was trained under, and what prediction needs of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/checkpoints/checkpoint.hpp"
#include "engine/run_config.hpp"
#include "predict/predictor.hpp"

namespace seg {

/// The checkpoint's configuration with the threads of this machine, not of the one that trained, and `overrides` ("key=value");
/// `file` names it in messages. Throws kConfiguration.
RunConfig trained_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Device and precision of a forward pass; sets the number of compute threads. Throws kConfiguration.
Compute forward_compute(const RunConfig& config, const std::string& device);

/// The network in the checkpoint `file` with its own configuration and `overrides`; no training data is touched. Throws kConfiguration, kStorage.
TrainedNetwork trained_network(const std::filesystem::path& file, const std::vector<std::string>& overrides, const std::string& device);

}  // namespace seg
