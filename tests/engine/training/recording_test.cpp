// Which steps are recorded as a CUDA graph, and what becomes of those that cannot be.
#include <gmock/gmock.h>

#include "engine/training/recorded_step.hpp"
#include "support/captured_log.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

using testing::HasSubstr;

TrainOptions recording() {
  TrainOptions train;
  train.cuda_graph = GraphMode::kAuto;
  return train;
}

TEST(Recording, IsOffUnlessItIsAskedFor) {
  EXPECT_THAT(why_not_recorded(TrainOptions(), {}), HasSubstr("train.cuda_graph"));
  EXPECT_EQ(why_not_recorded(recording(), {}), "");
}

TEST(Recording, LeavesDeterministicRunsOut) {
  TrainOptions train = recording();
  train.deterministic = true;
  EXPECT_THAT(why_not_recorded(train, {}), HasSubstr("train.deterministic"));
}

TEST(Recording, LeavesSeveralProcessesOut) {
  run_ranks(2, [](const Communicator& ranks) { EXPECT_THAT(why_not_recorded(recording(), ranks), HasSubstr("several processes")); });
}

TEST(Recording, WhereItFailsStepsAreLaunchedForGood) {
  const test::CapturedLog log;
  int launched = 0;
  RecordedStep step(torch::kCPU);  // where there are no graphs
  const StepInputs inputs{{{torch::zeros({1, 2, 2, 3}, torch::kUInt8), torch::zeros({1, 2, 2}, torch::kUInt8), {}, {}}},
                          torch::zeros({}, torch::kDouble),
                          torch::zeros({1}, torch::kInt64),
                          torch::zeros({}, torch::kDouble)};
  const auto launch = [&](const StepInputs& given) {
    EXPECT_TRUE(given.batches[0].images.is_same(inputs.batches[0].images));
    ++launched;
    return StepOutputs();
  };
  for (int i = 0; i < 6; ++i) step.run(inputs, {launch, launch});
  EXPECT_EQ(launched, 6);
  EXPECT_THAT(log.text(), HasSubstr("not recorded as a CUDA graph"));
}

}  // namespace
}  // namespace seg
