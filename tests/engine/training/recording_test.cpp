// Which steps are recorded as a CUDA graph.
#include <gmock/gmock.h>

#include "engine/training/learner_ahead.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TrainOptions recording() {
  TrainOptions train;
  train.cuda_graph = CudaGraph::kAuto;
  return train;
}

TEST(Recording, IsOffUnlessItIsAskedFor) {
  EXPECT_THAT(why_not_recorded(TrainOptions(), {}), HasSubstr("train.cuda_graph"));
  EXPECT_THAT(why_not_recorded(recording(), {}), IsEmpty());
}

TEST(Recording, LeavesDeterministicRunsOut) {
  TrainOptions train = recording();
  train.deterministic = true;
  EXPECT_THAT(why_not_recorded(train, {}), HasSubstr("train.deterministic"));
}

TEST(Recording, LeavesSeveralProcessesOut) {
  run_ranks(2, [](const Communicator& ranks) { EXPECT_THAT(why_not_recorded(recording(), ranks), HasSubstr("several processes")); });
}

}  // namespace
}  // namespace seg
