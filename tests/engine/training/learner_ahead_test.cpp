// Steps that the host does not wait for, on the CPU: all but streams and graphs is the same there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/compute.hpp"
#include "core/tensor_io.hpp"
#include "core/torch_compat.hpp"
#include "data/collate.hpp"
#include "engine/evaluation/inference.hpp"
#include "engine/experiment.hpp"
#include "engine/tiny_run.hpp"
#include "losses/registry.hpp"
#include "models/weights.hpp"
#include "ops/cuda/built.hpp"
#include "support/captured_log.hpp"

namespace seg {
namespace {

std::vector<std::string> joined(std::vector<std::string> settings, const std::vector<std::string>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

class LearnerAhead : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch_compat::kHasFusedUpdates) GTEST_SKIP() << "this LibTorch has no fused optimiser steps (from 2.4 on)";
  }

  /// Two learners of the same settings and weights; `of_ahead` changes settings of the one that runs ahead.
  void build(const std::vector<std::string>& settings, const std::vector<std::string>& of_ahead = {}) {
    const std::vector<std::string> overrides = joined(test::tiny_overrides(data_), settings);
    experiment_ = build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu");
    const RunConfig config = load_run_config("camvid_recall.yaml", joined(overrides, of_ahead));
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

  struct Compared {
    std::vector<StepResult> waited, ahead;
    double apart;  // how far the ends of both ways are from each other, as a part of the way: of the parameters or their averages, the larger
  };

  /// Three steps of both on the same batches.
  Compared three_steps() const {
    const State start = copy_of(waited());
    Compared both;
    for (int i = 0; i < 3; ++i) {
      both.waited.push_back(waited().step(batches(2 * i), i));
      both.ahead.push_back(ahead().step(batches(2 * i), i));
    }
    const State end = copy_of(waited()), end_ahead = copy_of(ahead());
    const auto apart = [&](const std::string& part) {
      double difference = 0.0, way = 0.0;
      for (const auto& item : waited().model().named_parameters()) {
        const std::string name = part + item.key();
        difference += (end_ahead.at(name) - end.at(name)).square().sum().item<double>();
        way += (end.at(name) - start.at(name)).square().sum().item<double>();
      }
      return std::sqrt(difference / way);
    };
    both.apart = std::max(apart("model."), apart("ema."));
    return both;
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

const std::vector<std::string> kSteps{"optimizer.lr=0.01", "train.clip_norm=0.5", "model.dropout=0", "train.precision=fp32", "train.ema=0.1"};

// With decays that move the weights about as far as the gradients do.
std::vector<std::string> with_sgd() { return joined(kSteps, {"optimizer.type=sgd", "optimizer.weight_decay=0.05"}); }
std::vector<std::string> with_adamw() { return joined(kSteps, {"optimizer.type=adamw", "optimizer.weight_decay=10"}); }

// Rounding alone takes the ways 7e-5 apart; a rate, a decay, a momentum or an average of another size, as in the next test, 0.1 or more.
constexpr double kApart = 1e-2;

TEST_F(LearnerAhead, MakesTheStepsThatAreWaitedFor) {
  for (const std::vector<std::string>& settings : {with_sgd(), with_adamw()}) {
    build(settings);
    const auto [expected, result, apart] = three_steps();
    EXPECT_LT(apart, kApart) << settings.back();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(result[i].finite());
      EXPECT_NEAR(result[i].loss_value(), expected[i].loss_value(), 1e-3 * expected[i].loss_value());
      EXPECT_NEAR(result[i].gradient_norm(), expected[i].gradient_norm(), 1e-2 * expected[i].gradient_norm());
      EXPECT_TRUE(result[i].class_pixels.equal(expected[i].class_pixels));
      EXPECT_EQ(result[i].learning_rate, expected[i].learning_rate);
    }
    const State end = copy_of(waited()), end_ahead = copy_of(ahead());
    EXPECT_EQ(end_ahead.size(), end.size());
    EXPECT_TRUE(end_ahead.at("ema.ema_updates").equal(end.at("ema.ema_updates")));
  }
}

TEST_F(LearnerAhead, StepsThatAreMadeOtherwiseGoElsewhere) {
  for (const char* otherwise : {"optimizer.lr=0.02", "optimizer.weight_decay=0", "optimizer.sgd.momentum=0", "train.ema=0.9"}) {
    build(with_sgd(), {otherwise});
    EXPECT_GT(three_steps().apart, 5 * kApart) << otherwise;
  }
}

TEST_F(LearnerAhead, ABadStepLeavesNothingBehind) {
  build({"train.ema=0.5", "loss.error_rate.momentum=0.9"});
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
  const std::vector<double> losses = losses_of("cuda", {"train.deterministic=true"});
  EXPECT_THAT(losses, testing::Each(testing::Ge(0)));
  EXPECT_EQ(losses_of("cuda", {"train.deterministic=true"}), losses);
}

}  // namespace
}  // namespace seg
