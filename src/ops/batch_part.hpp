// What training with several ranks changes for a layer: its tensors are a part of one batch, in which the parts lie in the order of the ranks.
//
// A scope, like LibTorch's for autocast, so that models need not know of it. Forward passes look here; backward uses what its forward found.
#pragma once

#include "core/communicator.hpp"

namespace seg {

struct BatchPart {
  Communicator ranks;                   // whose parts, all of the same size, make the batch
  bool whole_batch_statistics = false;  // batch norm's are those of the whole batch, by sums over `ranks`
};

/// While it lives, training passes of this thread take their tensors for this part.
class BatchPartScope {
 public:
  explicit BatchPartScope(BatchPart part);
  ~BatchPartScope();
  BatchPartScope(const BatchPartScope&) = delete;
  BatchPartScope& operator=(const BatchPartScope&) = delete;

 private:
  BatchPart part_;
  const BatchPart* before_;
};

/// The part of this thread; the whole batch where no scope lives.
const BatchPart& batch_part();

}  // namespace seg
