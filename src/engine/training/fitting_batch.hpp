// What to say where a batch does not fit into the device's memory: the largest one that does, from a smaller pass that fitted.
//
//   bytes of a pass = fixed + images x bytes an image
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/types.hpp"
#include "engine/training/learner.hpp"

namespace seg {

/// What a pass over so many images took, in bytes.
struct PassMemory {
  std::int64_t images = 0;
  std::int64_t fixed = 0;      // before it
  std::int64_t peak = 0;       // while it ran, `fixed` included
  std::int64_t available = 0;  // all that tensors could take
};

/// The largest number of images that fits; at least `images` of what has been measured.
std::int64_t largest_batch(const PassMemory& measured);

/// A step of the batches by `attempt`, which leaves nothing behind where it runs out of memory. Then passes of half the images, a quarter, ... are
/// tried until one fits, and kMemory is thrown, which names the largest batch that fits. No smaller step is kept: recall would be that of fewer
/// images. Where LibTorch keeps no account of the device's memory, it is the step alone.
StepResult step_that_fits(const std::vector<Batch>& batches, const torch::Device& device,
                          const std::function<StepResult(const std::vector<Batch>&)>& attempt,
                          std::optional<DeviceMemory> (*memory)(torch::Device) = &device_memory);

}  // namespace seg
