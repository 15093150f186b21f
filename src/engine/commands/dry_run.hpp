// What a run would cost, found out by one training and one evaluation step.
#pragma once

#include <string>

#include "device/device_work.hpp"
#include "engine/training/experiment.hpp"

namespace seg {

/// Makes two training steps (the first warms up) on real batches and one evaluation of the largest validation image; writes
/// nothing to disk (build_experiment keeps class statistics). Returns lines for stdout: seconds a step, time for the whole run, peak memory.
std::string dry_run(const Experiment& experiment);

/// The most that was used, of the memory that the network is in and of the host's.
std::string memory_line(const torch::Device& device, const std::optional<DeviceMemory>& memory, std::int64_t host_bytes);

}  // namespace seg
