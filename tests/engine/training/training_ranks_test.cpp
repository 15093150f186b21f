// Runs and single steps of several ranks, which are threads here.
#include <gmock/gmock.h>

#include <limits>

#include "base/error.hpp"
#include "data/collate.hpp"
#include "device/torch_compat.hpp"
#include "engine/one_layer.hpp"
#include "engine/tiny_run.hpp"
#include "engine/training/trainer.hpp"
#include "losses/loss_registry.hpp"
#include "models/weights.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

State copy_of(const Learner& learner) {
  State copy;
  for (const auto& [name, tensor] : learner.state()) copy[name] = tensor.detach().clone();
  return copy;
}

void expect_close(const State& found, const State& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(torch::allclose(found.at(name), tensor, tolerance, tolerance)) << name;
}

class TrainingRanks : public testing::Test {
 protected:
  struct Run : Reporter {
    void report(const Event& event) override { iterations[event.kind].push_back(event.iteration); }
    std::map<EventKind, std::vector<std::int64_t>> iterations;
    State state;
  };

  void SetUp() override {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), {"train.accumulate=1", "train.ema=0", "train.iterations=14", "train.val_interval=7", "train.log_interval=5",
                                       "train.checkpoint_interval=0", "train.max_bad_steps=2", "optimizer.type=sgd", "optimizer.lr=0.001",
                                       "model.dropout=0", "train.precision=fp32", "train.threads=1"});
    built_ = build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu");
  }

  /// 14 steps of one layer from the same weights; `broken`: from weights that make no step finite.
  Run run(const Communicator& ranks, bool broken = false) const {
    const std::unique_ptr<Experiment> experiment(new Experiment(test::with_one_layer(*built_, ranks)));
    for (torch::Tensor& parameter : experiment->learner->model().parameters()) {
      const torch::NoGradGuard no_gradient;
      const double largest = broken ? std::numeric_limits<double>::quiet_NaN() : 0.1;
      parameter.copy_(torch::linspace(-largest, largest, parameter.numel()).view(parameter.sizes()));
    }
    Run run;
    EXPECT_EQ(Trainer(*experiment, nullptr, run).run(std::nullopt), 0);
    run.state = copy_of(*experiment->learner);
    return run;
  }

  std::unique_ptr<Experiment> built_;

 private:
  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
};

TEST_F(TrainingRanks, MakeOneRunTogether) {
  std::array<Run, 2> runs;
  run_ranks(2, [&](const Communicator& ranks) { runs[static_cast<std::size_t>(ranks.rank())] = run(ranks); });
  expect_close(runs[1].state, runs[0].state, 0);
  EXPECT_THAT(runs[0].iterations.at(EventKind::kTrain), ElementsAre(5, 10, 14));
  EXPECT_EQ(runs[0].iterations, run({}).iterations);
}

TEST_F(TrainingRanks, BadStepsInARowEndTheRunOfAllRanks) {
  std::array<std::string, 2> messages;
  run_ranks(2, [&](const Communicator& ranks) {
    try {
      run(ranks, /*broken=*/true);
    } catch (const Error& error) {
      messages[static_cast<std::size_t>(ranks.rank())] = error.what();
    }
  });
  EXPECT_THAT(messages[0], testing::HasSubstr("2 consecutive steps up to step 2"));
  EXPECT_EQ(messages[1], messages[0]);
}

/// Ranks that make single steps of a whole network.
class LearnerRanks : public TrainingRanks {
 protected:
  /// shared: with dropout and batch norm over the whole batch, so that the parts of a batch learn what the whole does.
  std::unique_ptr<Learner> learner(const Communicator& ranks, bool shared = false) const {
    RunConfig config = built_->config;
    if (shared) config.model.dropout = 0.3;
    if (shared && ranks.several()) config.model.batch_norm = BatchNormScope::kSynchronized;
    LossContext context{built_->compute.device};
    for (const ClassInfo& info : built_->classes()) context.class_names.push_back(info.name);
    const std::shared_ptr<Model> model = build_model(config.model, static_cast<std::int64_t>(context.class_names.size()));
    load_state_exact(*model, model_state(built_->learner->model()), "the other model");
    return std::make_unique<Learner>(config, built_->iterations, built_->compute, model, Learner::Losses{build_loss(config.loss, context), nullptr},
                                     std::set<std::string>{}, ranks);
  }

  /// Two images, others for each number.
  Batch batch(std::int64_t number) const {
    const auto sample = [&](std::int64_t place) { return built_->transform(built_->train_set->get(place), 1); };
    return collate({sample(2 * number), sample(2 * number + 1)});
  }
};

TEST_F(LearnerRanks, AgreeOnStatisticsAndOnSignals) {
  std::array<State, 2> states;
  run_ranks(2, [&](const Communicator& ranks) {
    const auto own = learner(ranks);
    for (std::int64_t i = 0; i < 3; ++i) {
      const StepResult result = own->step({batch(2 * i + ranks.rank())}, i, StepTiming::kWhole, i == 2 && ranks.rank() == 1 ? 15 : 0);
      EXPECT_TRUE(result.finite());
      EXPECT_EQ(result.stop_signal(), i == 2 ? 15 : 0);
    }
    states[static_cast<std::size_t>(ranks.rank())] = copy_of(*own);
  });
  expect_close(states[1], states[0], 0);
}

TEST_F(LearnerRanks, DropWhatOneProcessDrops) {
  std::array<StepResult, 2> parts, wholes;
  const auto whole = learner({}, true);
  const Batch first = batch(0), second = batch(1);
  const Batch both{torch::cat({first.images, second.images}), torch::cat({first.labels, second.labels}), {}, {}};
  for (std::size_t i = 0; i < 2; ++i) wholes[i] = whole->step({both}, static_cast<std::int64_t>(i));
  run_ranks(2, [&](const Communicator& ranks) {
    const auto own = learner(ranks, true);
    for (std::size_t i = 0; i < 2; ++i) {
      const StepResult result = own->step({batch(ranks.rank())}, static_cast<std::int64_t>(i));
      if (ranks.is_first()) parts[i] = result;
    }
  });
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(parts[i].loss_value(), wholes[i].loss_value(), 1e-4 * wholes[i].loss_value()) << "step " << i;
    // Behind a step of Adam, which takes rounding for a direction where a gradient is next to nothing, norms are far less alike than losses.
    EXPECT_NEAR(parts[i].gradient_norm(), wholes[i].gradient_norm(), (i == 0 ? 1e-3 : 5e-2) * wholes[i].gradient_norm()) << "step " << i;
  }
}

TEST_F(LearnerRanks, AStepThatIsBadOnOneLeavesNothingBehindOnAny) {
  run_ranks(2, [&](const Communicator& ranks) {
    const auto own = learner(ranks);
    if (ranks.rank() == 1) own->model().buffers().front().fill_(std::numeric_limits<float>::infinity());
    const State before = copy_of(*own);
    const StepResult result = own->step({batch(ranks.rank())}, 0);
    EXPECT_FALSE(result.finite());
    expect_close(copy_of(*own), before, 0);
  });
}

}  // namespace
}  // namespace seg
