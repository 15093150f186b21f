// Steps on a GPU, with real streams and recorded ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/tensor_io.hpp"
#include "data/collate.hpp"
#include "device/compute.hpp"
#include "engine/tiny_run.hpp"
#include "engine/training/experiment.hpp"
#include "losses/loss_registry.hpp"
#include "models/weights.hpp"
#include "ops/cuda/built.hpp"
#include "predict/inference.hpp"
#include "support/captured_log.hpp"

namespace seg {
namespace {

std::vector<std::string> joined(std::vector<std::string> settings, const std::vector<std::string>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

class LearnerOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::kBuilt) GTEST_SKIP() << "this program is built without CUDA (scripts/build.sh --cuda)";
    if (cuda_devices() == 0) GTEST_SKIP() << "this LibTorch sees no GPU";
  }

  /// The losses of ten steps, -1 of one that is not finite; two images a step, the same for each experiment.
  std::vector<double> losses_of(const std::string& device, const std::vector<std::string>& settings) {
    const auto experiment = build_experiment(load_run_config("camvid_recall.yaml", joined(test::tiny_overrides(data_), settings)), device);
    std::vector<StepResult> results;
    for (std::int64_t i = 0; i < 10; ++i) {
      const auto sample = [&](std::int64_t place) { return experiment->transform(experiment->train_set->get(place % 10), 1); };
      results.push_back(experiment->learner->step({collate({sample(2 * i), sample(2 * i + 1)})}, i));
    }
    std::vector<double> losses;
    for (const StepResult& result : results) losses.push_back(result.finite() ? result.loss_value() : -1.0);
    return losses;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
};

TEST_F(LearnerOnGpu, LearnsAsOnTheCpu) {  // from smoothed recalls, as the settings of tests have it
  const std::vector<std::string> exact{"train.precision=fp32", "model.dropout=0", "optimizer.lr=0.0001", "augment.device=cpu"};
  const std::vector<double> expected = losses_of("cpu", exact), result = losses_of("cuda", exact);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(result[i], expected[i], 1e-2 * expected[i]) << "step " << i;
}

// Deterministic steps may be such as cannot be recorded.
const std::vector<std::string> kLaunched{"train.cuda_graph=off", "train.deterministic=false"};
const std::vector<std::string> kRecorded{"train.cuda_graph=auto", "train.deterministic=false"};

TEST_F(LearnerOnGpu, ARecordedStepIsTheSameStep) {
  for (const char* precision : {"train.precision=fp32", "train.precision=bf16"}) {
    const std::vector<std::string> settings{precision, "optimizer.lr=0.0001"};
    const std::vector<double> launched = losses_of("cuda", joined(settings, kLaunched));
    const test::CapturedLog log;
    const std::vector<double> recorded = losses_of("cuda", joined(settings, kRecorded));
    EXPECT_THAT(log.text(), testing::HasSubstr("is recorded as a CUDA graph")) << precision;
    for (std::size_t i = 0; i < launched.size(); ++i) EXPECT_NEAR(recorded[i], launched[i], 2e-2 * launched[i]) << precision << ", step " << i;
  }
}

TEST_F(LearnerOnGpu, RecordsTheStepOfEveryLoss) {
  for (const std::string& loss : loss_names()) {
    const test::CapturedLog log;
    for (const double value : losses_of("cuda", joined(kRecorded, {"loss.type=" + loss}))) EXPECT_GE(value, 0) << loss;
    EXPECT_THAT(log.text(), testing::HasSubstr("is recorded as a CUDA graph")) << loss;
  }
}

TEST_F(LearnerOnGpu, PredictsWhatTheCpuPredicts) {
  const RunConfig config = load_run_config("camvid_recall.yaml", joined(test::tiny_overrides(data_), {"train.precision=fp32"}));
  const auto there = build_experiment(config, "cuda"), here = build_experiment(config, "cpu");
  for (std::int64_t i = 0; i < 40; ++i) {
    const auto sample = [&](std::int64_t place) { return there->transform(there->train_set->get(place % 20), 1); };
    there->learner->step({collate({sample(2 * i), sample(2 * i + 1)})}, i);
  }
  load_state_exact(here->learner->model(), to_host(model_state(there->learner->model())), "the GPU's");
  std::int64_t pixels = 0, different = 0;
  for (std::int64_t i = 0; i < there->val_set->size(); ++i) {
    const Batch batch = collate({there->val_set->get(i)});
    const auto predicted = [&](const Experiment& experiment, torch::ScalarType precision) {
      const Inference inference(experiment.learner->model(), config.model, config.eval, {experiment.compute.device, precision});
      return inference.predict(batch.images, {batch.labels.size(1), batch.labels.size(2)}).cpu();
    };
    const torch::Tensor expected = predicted(*here, torch::kFloat32);
    different += predicted(*there, torch::kFloat32).ne(expected).sum().item<std::int64_t>();
    pixels += expected.numel();
  }
  EXPECT_LE(static_cast<double>(different), 0.001 * static_cast<double>(pixels));
}

TEST_F(LearnerOnGpu, NotesWhatItsPartsTakeWhereItIsAsked) {
  const auto experiment = build_experiment(load_run_config("camvid_recall.yaml", test::tiny_overrides(data_)), "cuda");
  const Batch batch = collate({experiment->transform(experiment->train_set->get(0), 1), experiment->transform(experiment->train_set->get(1), 1)});
  EXPECT_TRUE(experiment->learner->step({batch}, 0).laps.empty());
  const StepTimes times = experiment->learner->step({batch}, 1, StepTiming::kParts).laps.times();
  for (const double part : {times.input, times.forward, times.loss, times.backward, times.update}) EXPECT_GT(part, 0);
}

TEST_F(LearnerOnGpu, DeterministicStepsHaveTheSameBits) {
  const std::vector<double> losses = losses_of("cuda", {"train.deterministic=true"});
  EXPECT_THAT(losses, testing::Each(testing::Ge(0)));
  EXPECT_EQ(losses_of("cuda", {"train.deterministic=true"}), losses);
}

}  // namespace
}  // namespace seg
