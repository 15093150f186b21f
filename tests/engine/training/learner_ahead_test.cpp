// Steps that the host does not wait for, on the CPU: all but streams and graphs is the same there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/compute.hpp"
#include "core/tensor_io.hpp"
#include "data/collate.hpp"
#include "engine/evaluation/inference.hpp"
#include "engine/experiment.hpp"
#include "engine/tiny_run.hpp"
#include "losses/registry.hpp"
#include "models/weights.hpp"
#include "ops/fused_updates.hpp"
#include "support/captured_log.hpp"

namespace seg {
namespace {

class LearnerAhead : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_fused_updates()) GTEST_SKIP() << "this LibTorch has no fused optimiser steps (from 2.4 on)";
  }

  void build(const std::vector<std::string>& settings) {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    experiment_ = build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu");
    const RunConfig& config = experiment_->config;
    LossContext context{experiment_->compute.device};
    for (const ClassInfo& info : experiment_->classes()) context.class_names.push_back(info.name);
    const std::shared_ptr<Model> model = build_model(config.model, static_cast<std::int64_t>(context.class_names.size()));
    load_state_exact(*model, model_state(waited().model()), "the other model");
    Compute compute = experiment_->compute;
    compute.runs_ahead = true;
    Learner::Losses losses{build_loss(config.loss, context), config.model.auxiliary ? build_loss(config.loss, context) : nullptr};
    ahead_ = std::make_unique<Learner>(config, experiment_->iterations, compute, model, std::move(losses));
  }

  std::vector<Batch> batches(std::int64_t first) const {
    const auto sample = [&](std::int64_t i) { return experiment_->transform(experiment_->train_set->get(i % experiment_->train_set->size()), 1); };
    return {collate({sample(first), sample(first + 1)})};
  }

  Learner& waited() const { return *experiment_->learner; }
  Learner& ahead() const { return *ahead_; }

  static State copy_of(const Learner& learner) {
    State copy;
    for (const auto& [name, tensor] : learner.state()) copy[name] = tensor.detach().clone();
    return copy;
  }

  /// The largest |a - b| / max(|a|) over the tensors.
  static double difference(const State& a, const State& b) {
    double worst = 0.0;
    for (const auto& [name, tensor] : a) {
      const torch::Tensor x = tensor.to(torch::kDouble), y = b.at(name).to(torch::kDouble);
      const double size = std::max(x.abs().max().item<double>(), 1e-6);
      worst = std::max(worst, (x - y).abs().max().item<double>() / size);
    }
    return worst;
  }

 private:
  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
  std::unique_ptr<Experiment> experiment_;
  std::unique_ptr<Learner> ahead_;
};

TEST_F(LearnerAhead, MakesTheStepsThatAreWaitedFor) {
  for (const char* optimizer : {"optimizer.type=sgd", "optimizer.type=adamw"}) {
    build({optimizer, "optimizer.lr=0.0001", "model.dropout=0", "train.precision=fp32", "train.ema=0.5", "train.clip_norm=0.5",
           "loss.recall.momentum=0.9"});
    for (int i = 0; i < 3; ++i) {
      const StepResult expected = waited().step(batches(2 * i), i), result = ahead().step(batches(2 * i), i);
      EXPECT_TRUE(result.finite());
      EXPECT_NEAR(result.loss_value(), expected.loss_value(), 1e-3 * expected.loss_value());
      EXPECT_NEAR(result.gradient_norm(), expected.gradient_norm(), 1e-2 * expected.gradient_norm());
      EXPECT_TRUE(result.class_pixels.equal(expected.class_pixels));
      EXPECT_EQ(result.learning_rate, expected.learning_rate);
    }
    State expected = copy_of(waited()), result = copy_of(ahead());
    EXPECT_EQ(expected.size(), result.size());
    EXPECT_TRUE(result.at("ema.ema_updates").equal(expected.at("ema.ema_updates")));
    EXPECT_LT(difference(expected, result), 0.05) << optimizer;  // Adam divides small gradients by themselves
  }
}

TEST_F(LearnerAhead, ABadStepLeavesNothingBehind) {
  build({"train.ema=0.5", "loss.recall.momentum=0.9"});
  ASSERT_TRUE(ahead().step(batches(0), 0).finite());
  const std::vector<torch::Tensor> parameters = ahead().model().parameters();
  torch::Tensor broken = *std::ranges::find_if(parameters, [](const torch::Tensor& p) { return p.dim() == 4; });
  const torch::Tensor whole = broken.detach().clone();
  {
    const torch::NoGradGuard no_gradient;
    broken.fill_(std::numeric_limits<float>::max());  // as a step that was wrongly kept could leave it; sums of it overflow
  }
  const State before = copy_of(ahead());
  const StepResult bad = ahead().step(batches(2), 1);
  EXPECT_FALSE(bad.finite());
  EXPECT_EQ(bad.class_pixels.sum().item<std::int64_t>(), 0);
  for (const auto& [name, tensor] : ahead().state()) EXPECT_TRUE(torch::allclose(tensor, before.at(name), 0, 0, /*equal_nan=*/true)) << name;
  {
    const torch::NoGradGuard no_gradient;
    broken.copy_(whole);
  }
  EXPECT_TRUE(ahead().step(batches(2), 1).finite());
  EXPECT_FALSE(bad.finite());  // what was said of a step stays
}

TEST_F(LearnerAhead, GoesOnFromACheckpointOfEither) {
  build({"optimizer.type=adam", "model.dropout=0", "train.precision=fp32", "train.ema=0.5"});
  for (int i = 0; i < 2; ++i) waited().step(batches(2 * i), i);
  ahead().step(batches(0), 0);
  ahead().load(copy_of(waited()));
  EXPECT_EQ(difference(copy_of(waited()), copy_of(ahead())), 0.0);
  const double expected = waited().step(batches(4), 2).loss_value();
  EXPECT_NEAR(ahead().step(batches(4), 2).loss_value(), expected, 1e-4 * expected);
  EXPECT_TRUE(copy_of(ahead()).at("ema.ema_updates").equal(copy_of(waited()).at("ema.ema_updates")));
}

TEST_F(LearnerAhead, TakesMicroBatchesAndOtherShapes) {
  build({"model.dropout=0", "train.precision=fp32"});
  const std::vector<Batch> one = batches(0);
  EXPECT_TRUE(ahead().step({one[0], one[0]}, 0).finite());
  const Batch smaller{one[0].images.slice(1, 0, 32), one[0].labels.slice(1, 0, 32), {}, {}};
  EXPECT_TRUE(ahead().step({smaller}, 1).finite());
}

/// On a GPU, with real streams and a recorded step.
class LearnerOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (cuda_devices() == 0) GTEST_SKIP() << "this LibTorch sees no GPU";
  }

  /// The losses of ten steps; two images a step, the same for each experiment.
  std::vector<double> losses_of(const std::string& device, const std::vector<std::string>& settings) {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    const auto experiment = build_experiment(load_run_config("camvid_recall.yaml", overrides), device);
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

TEST_F(LearnerOnGpu, LearnsAsOnTheCpu) {
  const std::vector<std::string> exact{"train.precision=fp32", "model.dropout=0", "optimizer.lr=0.0001", "augment.device=cpu"};
  const std::vector<double> expected = losses_of("cpu", exact), result = losses_of("cuda", exact);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(result[i], expected[i], 1e-2 * expected[i]) << "step " << i;
}

TEST_F(LearnerOnGpu, SmoothsRecallsAsOnTheCpu) {
  const std::vector<std::string> smoothed{"train.precision=fp32", "model.dropout=0", "optimizer.lr=0.0001", "augment.device=cpu",
                                          "loss.recall.momentum=0.9"};
  const std::vector<double> expected = losses_of("cpu", smoothed), result = losses_of("cuda", smoothed);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(result[i], expected[i], 1e-2 * expected[i]) << "step " << i;
}

TEST_F(LearnerOnGpu, ARecordedStepIsTheSameStep) {
  for (const char* precision : {"train.precision=fp32", "train.precision=bf16"}) {
    const std::vector<double> launched = losses_of("cuda", {precision, "train.cuda_graph=off"}), recorded = losses_of("cuda", {precision});
    for (std::size_t i = 0; i < launched.size(); ++i) EXPECT_NEAR(recorded[i], launched[i], 2e-2 * launched[i]) << precision << ", step " << i;
  }
}

TEST_F(LearnerOnGpu, RecordsTheStepOfEveryLoss) {
  for (const std::string& loss : loss_names()) {
    const test::CapturedLog log;
    for (const double value : losses_of("cuda", {"loss.type=" + loss})) EXPECT_GE(value, 0) << loss;
    EXPECT_THAT(log.text(), testing::HasSubstr("is recorded as a CUDA graph")) << loss;
  }
}

TEST_F(LearnerOnGpu, PredictsWhatTheCpuPredicts) {
  std::vector<std::string> overrides = test::tiny_overrides(data_);
  overrides.push_back("train.precision=fp32");
  const RunConfig config = load_run_config("camvid_recall.yaml", overrides);
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
      const Inference inference(experiment.learner->model(), config, {experiment.compute.device, precision});
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
  EXPECT_EQ(losses_of("cuda", {"train.deterministic=true"}), losses_of("cuda", {"train.deterministic=true"}));
}

}  // namespace
}  // namespace seg
