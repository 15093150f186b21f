// What a layer must know of the training pass that it takes part in: which part of a batch its tensors are, and where its random numbers come from.
//
// A scope, like LibTorch's for autocast, so that models need not know of it. Forward passes look here; backward uses what its forward found.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "ranks/communicator.hpp"

namespace seg {

struct TrainingPass {
  Communicator ranks = {};              // whose parts, all of the same size, make the batch, in the order of the ranks
  bool whole_batch_statistics = false;  // batch norm's are those of the whole batch, by sums over `ranks`
  torch::Tensor seed = {};              // int64 [1] where the network is; undefined: torch's default generator there
};

/// While it lives, training passes of this thread take their tensors for this part, and draw from this seed.
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

/// That of this thread; where no scope lives, the whole batch and no seed.
const TrainingPass& training_pass();

/// int64 [1] on `device`, another in each call, the same on all ranks: to be hashed with places in the batch. It follows from the pass's seed and
/// from the order of the calls; a step that is recorded as a graph draws by the seed that is there in each replay.
torch::Tensor drawn_number(const torch::Device& device);

}  // namespace seg
