#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "data/collate.hpp"
#include "engine/tiny_run.hpp"
#include "engine/training/experiment.hpp"
#include "models/weights.hpp"

namespace seg {
namespace {

class LearnerTest : public testing::Test {
 protected:
  Learner& learner() const { return *experiment_->learner; }
  std::vector<Batch> batches(std::int64_t count) {
    std::vector<Batch> made;
    const SampleTransform& transform = experiment_->transform;
    for (std::int64_t i = 0; i < count; ++i)
      made.push_back(collate({transform(experiment_->train_set->get(2 * i), 1), transform(experiment_->train_set->get(2 * i + 1), 2)}));
    return made;
  }
  State copy_of_state() const {
    State copy;
    for (const auto& [name, tensor] : model_state(learner().model())) copy[name] = tensor.detach().clone();
    return copy;
  }
  /// Parameters alone: statistics of batch norm move in every forward pass.
  bool same_parameters(const State& state) const {
    for (const auto& item : learner().model().named_parameters())
      if (!torch::allclose(item.value(), state.at(item.key()), 0, 0, /*equal_nan=*/true)) return false;
    return true;
  }

  /// Cross entropy after eight steps on the same batch.
  double loss_over_first() {
    const auto same = batches(1);
    const double first = learner().step(same, 0).cross_entropy.item<double>();
    double last = first;
    for (int i = 0; i < 8; ++i) last = learner().step(same, 0).cross_entropy.item<double>();
    return last / first;
  }

  /// The experiment anew, under further settings.
  void rebuild(const std::vector<std::string>& settings) {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    experiment_ = build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu");
  }

 private:
  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);

 protected:
  std::unique_ptr<Experiment> experiment_ = build_experiment(test::tiny_config(data_), "cpu");
};

TEST_F(LearnerTest, LowersTheLossOnTheSameBatch) { EXPECT_LT(loss_over_first(), 0.9); }

TEST_F(LearnerTest, TrainsTheSmallestNetwork) {
  rebuild({"model.width=0.0625", "train.precision=fp32"});
  EXPECT_LT(loss_over_first(), 0.9);
}

TEST_F(LearnerTest, IsTheSameForTheSameIteration) {
  const auto same = batches(2);
  const State before = copy_of_state();
  const double first = learner().step(same, 3).cross_entropy.item<double>();
  EXPECT_FALSE(same_parameters(before));
  load_state_exact(learner().model(), before, "the copy");
  // Plain cross entropy: the recall loss has moved its smoothed recalls meanwhile.
  EXPECT_EQ(learner().step(same, 3).cross_entropy.item<double>(), first);
}

TEST_F(LearnerTest, AStepThatIsNotFiniteLeavesNothingBehind) {
  ASSERT_TRUE(learner().step(batches(1), 0).finite());
  {
    const torch::NoGradGuard no_gradient;
    learner().model().parameters().back().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  State before;
  for (const auto& [name, tensor] : learner().state()) before[name] = tensor.clone();
  EXPECT_TRUE(before.contains("loss.scores"));
  const StepResult bad = learner().step(batches(2), 1);
  EXPECT_FALSE(bad.finite());
  EXPECT_EQ(bad.class_pixels.sum().item<std::int64_t>(), 0);
  for (const auto& [name, tensor] : learner().state()) EXPECT_TRUE(torch::allclose(tensor, before.at(name), 0, 0, /*equal_nan=*/true)) << name;
}

TEST_F(LearnerTest, RunningStatisticsThatAreNotFiniteAreABadStep) {
  for (torch::Tensor& buffer : learner().model().buffers())
    if (buffer.is_floating_point()) buffer.fill_(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(learner().step(batches(1), 0).finite());
}

TEST_F(LearnerTest, AccumulationIsTheMeanOfItsPasses) {
  // Cross entropy of a batch twice over, in two passes and in one: batch norm sees the same in both.
  rebuild({"loss.type=ce", "model.dropout=0", "train.precision=fp32", "train.ema=0"});
  const Batch batch = batches(1)[0];
  const Batch twice{torch::cat({batch.images, batch.images}), torch::cat({batch.labels, batch.labels}), {}};
  const StepResult accumulated = learner().step({batch, batch}, 0);
  rebuild({"loss.type=ce", "model.dropout=0", "train.precision=fp32", "train.ema=0"});
  const StepResult whole = learner().step({twice}, 0);
  EXPECT_NEAR(accumulated.loss.item<double>(), whole.loss.item<double>(), 1e-5 * whole.loss.item<double>());
  // Batch norm over a few positions multiplies what two batch sizes round differently (1.4e-3 on a processor with AVX2 alone).
  EXPECT_NEAR(accumulated.gradient_norm(), whole.gradient_norm(), 1e-2 * whole.gradient_norm());
}

TEST_F(LearnerTest, PixelsMayBeChangedOnTheBatch) {
  std::vector<std::string> settings = {"augment.flip=0.5",      "augment.color.brightness=0.3",
                                       "augment.color.hue=0.1", "augment.blur.probability=0.5",
                                       "train.precision=fp32",  "model.dropout=0",
                                       "augment.device=cpu"};
  rebuild(settings);
  const std::vector<Batch> made = batches(2);
  const StepResult expected = learner().step(made, 0);
  settings.back() = "augment.device=gpu";
  rebuild(settings);
  const std::vector<Batch> left = batches(2);
  EXPECT_EQ(made[0].changes[0], PixelChanges());
  EXPECT_NE(left[0].changes[0], PixelChanges());
  EXPECT_FALSE(left[0].images.equal(made[0].images));
  const StepResult found = learner().step(left, 0);
  EXPECT_TRUE(found.class_pixels.equal(expected.class_pixels));
  EXPECT_NEAR(found.loss.item<double>(), expected.loss.item<double>(), 1e-2 * expected.loss.item<double>());
}

TEST_F(LearnerTest, ClippingBoundsTheUpdate) {
  rebuild({"optimizer.type=sgd", "optimizer.sgd.momentum=0", "optimizer.lr=1", "train.clip_norm=0.01", "train.ema=0"});
  const State before = copy_of_state();
  const StepResult result = learner().step(batches(1), 0);
  EXPECT_GT(result.gradient_norm(), 0.01);
  double squares = 0;
  for (const auto& item : learner().model().named_parameters())
    squares += (item.value().detach() - before.at(item.key())).to(torch::kDouble).square().sum().item<double>();
  EXPECT_NEAR(std::sqrt(squares), 0.01 * result.learning_rate, 1e-4);
}

TEST_F(LearnerTest, TimesItsParts) {
  const auto begin = std::chrono::steady_clock::now();
  const StepTimes times = learner().step(batches(2), 0, StepTiming::kParts).laps.times();
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const double part : {times.input, times.forward, times.loss, times.backward, times.update}) EXPECT_GT(part, 0);
  EXPECT_LE(times.input + times.forward + times.loss + times.backward + times.update, whole);
}

TEST_F(LearnerTest, StateGoesThroughLoad) {
  learner().step(batches(2), 0);
  State saved;
  for (const auto& [name, tensor] : learner().state()) saved[name] = tensor.detach().clone();
  for (const char* part : {"model.", "optimizer.", "loss.", "ema."}) EXPECT_TRUE(saved.lower_bound(part)->first.starts_with(part)) << part;
  const auto same = batches(2);
  const double next = learner().step(same, 1).loss.item<double>();
  rebuild({});
  learner().load(saved);
  EXPECT_EQ(learner().step(same, 1).loss.item<double>(), next);
}

TEST_F(LearnerTest, AveragedWeightsAreHeldForAWhile) {
  learner().step(batches(1), 0);
  const State own = copy_of_state(), averaged = learner().averaged();
  EXPECT_FALSE(averaged.at(own.rbegin()->first).equal(own.rbegin()->second) && averaged.begin()->second.equal(own.begin()->second));
  {
    const auto held = learner().hold_averaged();
    ASSERT_NE(held, nullptr);
    for (const auto& [name, tensor] : model_state(learner().model())) EXPECT_TRUE(tensor.equal(averaged.at(name))) << name;
  }
  EXPECT_TRUE(same_parameters(own));
}

TEST_F(LearnerTest, WithoutAveragingItsWeightsAreTheModels) {
  rebuild({"train.ema=0"});
  EXPECT_EQ(learner().hold_averaged(), nullptr);
  for (const auto& [name, tensor] : learner().averaged()) EXPECT_TRUE(tensor.equal(model_state(learner().model()).at(name))) << name;
}

}  // namespace
}  // namespace seg
