// What is kept of a step whose loss or gradients were not finite: its batch, to look at and to try again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/types.hpp"
#include "engine/training/learner.hpp"

namespace seg {

/// Writes FOLDER/step-N.safetensors: "images.M" u8 [N,H,W,3] and "labels.M" u8 [N,H,W] of micro-batch M as the loader gave them, which with
/// augment.device: gpu is before flip, colour jitter and blur; metadata: ids (JSON, a list a micro-batch), loss, gradient_norm. At most five files a
/// run are kept: the first ones tell most. A file that cannot be written is warned about. Returns whether it was written.
bool dump_bad_step(const std::filesystem::path& folder, std::int64_t iteration, const std::vector<Batch>& batches, const StepResult& result);

}  // namespace seg
