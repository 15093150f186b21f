// What a layer needs to know about the current training pass: which part of a batch its tensors are, and the source of its random numbers.
//
// It is a scope, like LibTorch's autocast, so that models need no arguments for it. Forward passes read it; backward uses the values that its forward
// pass read.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "ranks/communicator.hpp"

namespace seg {

struct TrainingPass {
  Communicator ranks = {};              // the ranks whose parts, all of the same size, form the batch, in the order of the ranks
  bool whole_batch_statistics = false;  // batch norm uses statistics of the whole batch, summed over `ranks`
  torch::Tensor seed = {};              // int64 [1] on the network's device; undefined: torch's default generator on that device
};

/// As long as it exists, training passes of this thread treat their tensors as this part of the batch, and use this seed.
class TrainingPassScope {
 public:
  explicit TrainingPassScope(TrainingPass pass);
  ~TrainingPassScope();
  TrainingPassScope(const TrainingPassScope&) = delete;
  TrainingPassScope& operator=(const TrainingPassScope&) = delete;

 private:
  friend torch::Tensor drawn_number(const torch::Device& device);
  friend const TrainingPass& training_pass();

  TrainingPass pass_;
  std::uint64_t drawn_ = 0;
  TrainingPassScope* before_;
};

/// The training pass of this thread; without a scope, the whole batch and no seed.
const TrainingPass& training_pass();

/// int64 [1] on `device`, a different number in each call, the same on all ranks: to be hashed with positions in the batch. It depends on the seed of
/// the pass and on the order of the calls; a step that is recorded as a graph uses the current seed in each replay.
torch::Tensor drawn_number(const torch::Device& device);

}  // namespace seg
