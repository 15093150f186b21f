// A step in smaller passes, where the device has too little memory for its batches.
//
//   bytes of a pass = fixed + images x bytes an image, from the peak of a pass that fitted
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/types.hpp"
#include "engine/training/learner.hpp"

namespace seg {

/// The batches, each cut into `parts` of equal size; parts divides their images.
std::vector<Batch> in_parts(const std::vector<Batch>& batches, std::int64_t parts);

/// How many parts of equal size to try after `parts` were too large: the next number that at least doubles them and divides `images`; 0: there is
/// none.
std::int64_t more_parts(std::int64_t images, std::int64_t parts);

/// What a pass over so many images took, in bytes.
struct PassMemory {
  std::int64_t images = 0;
  std::int64_t fixed = 0;      // before it
  std::int64_t peak = 0;       // while it ran, `fixed` included
  std::int64_t available = 0;  // all that tensors could take
};

/// The largest number of images that fits; at least `images` of what has been measured.
std::int64_t largest_micro_batch(const PassMemory& measured);

class MicroBatches {
 public:
  /// by_itself: steps are made in smaller passes where they must; else what would fit is told.
  MicroBatches(bool by_itself, torch::Device device) : by_itself_(by_itself), device_(device) {}

  /// Makes a step of the batches by `attempt`, in parts if need be, from then on. A step that ran out of memory must have left nothing behind. Throws
  /// kMemory where not even single images fit, or where steps are not to be cut by themselves; then the largest batch that fits is named.
  StepResult step(const std::vector<Batch>& batches, const std::function<StepResult(const std::vector<Batch>&)>& attempt);

 private:
  bool by_itself_;
  torch::Device device_;
  std::int64_t parts_ = 1;
};

}  // namespace seg
