// Estimates the time and memory of a run from one training step and one evaluation step.
#pragma once

#include <string>

#include "device/device_work.hpp"
#include "engine/training/experiment.hpp"

namespace seg {

/// Runs two training steps (the first is a warm-up) on real batches and evaluates the largest validation image. Writes nothing to disk
/// (build_experiment stores class statistics). Returns lines for stdout: seconds per step, time for the whole run, peak memory.
std::string dry_run(const Experiment& experiment);

/// Peak use of the memory that holds the network, and of host memory.
std::string memory_line(const torch::Device& device, const std::optional<DeviceMemory>& memory, std::int64_t host_bytes);

}  // namespace seg
