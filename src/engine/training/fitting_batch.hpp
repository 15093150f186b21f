// If a batch does not fit into the device's memory: estimates the largest batch that does, from a smaller pass that fitted.
//
//   bytes of a pass = fixed + images x bytes per image
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/types.hpp"
#include "engine/training/learner.hpp"

namespace seg {

/// The memory of a pass over `images` images, in bytes.
struct PassMemory {
  std::int64_t images = 0;
  std::int64_t fixed = 0;      // before the pass
  std::int64_t peak = 0;       // during the pass, including `fixed`
  std::int64_t available = 0;  // all memory that tensors can use
};

/// The largest number of images that fits; at least `measured.images`.
std::int64_t largest_batch(const PassMemory& measured);

/// Runs a step on the batches with `attempt`, which must change nothing if it runs out of memory. In that case tries passes of half the images, a
/// quarter, ... until one fits, and throws kMemory, which names the largest batch that fits. A smaller step is never used for training: its recall
/// would be that of fewer images. If LibTorch does not report the device's memory, only runs the step.
StepResult step_that_fits(const std::vector<Batch>& batches, const torch::Device& device,
                          const std::function<StepResult(const std::vector<Batch>&)>& attempt,
                          std::optional<DeviceMemory> (*memory)(torch::Device) = &device_memory);

}  // namespace seg
