#include "engine/training_step.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "data/loader.hpp"
#include "engine/tiny_run.hpp"
#include "models/weights.hpp"

namespace seg {
namespace {

class TrainingStepTest : public testing::Test {
 protected:
  std::vector<Batch> batches(std::int64_t count) {
    std::vector<Batch> made;
    const SampleTransform transform = training_transform(experiment_->config.augment, experiment_->config.data.size, experiment_->classes());
    for (std::int64_t i = 0; i < count; ++i)
      made.push_back(collate({transform(experiment_->train_set->get(2 * i), 1), transform(experiment_->train_set->get(2 * i + 1), 2)}));
    return made;
  }
  State copy_of_state() const {
    State copy;
    for (const auto& [name, tensor] : model_state(*experiment_->model)) copy[name] = tensor.detach().clone();
    return copy;
  }
  /// Parameters alone: statistics of batch norm move in every forward pass.
  bool same_parameters(const State& state) const {
    for (const auto& item : experiment_->model->named_parameters())
      if (!torch::allclose(item.value(), state.at(item.key()), 0, 0, /*equal_nan=*/true)) return false;
    return true;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Experiment> experiment_ = build_experiment(tiny(), "cpu");

 private:
  RunConfig tiny() { return test::tiny_config(test::tiny_data(folder_)); }
};

TEST_F(TrainingStepTest, LowersTheLossOnTheSameBatch) {
  const auto same = batches(1);
  const double first = run_training_step(*experiment_, same, 0).cross_entropy;
  double last = first;
  for (int i = 0; i < 8; ++i) last = run_training_step(*experiment_, same, 0).cross_entropy;
  EXPECT_LT(last, 0.9 * first);
}

TEST_F(TrainingStepTest, IsTheSameForTheSameIteration) {
  const auto same = batches(2);
  const State before = copy_of_state();
  const double first = run_training_step(*experiment_, same, 3).cross_entropy;
  EXPECT_FALSE(same_parameters(before));
  load_state_exact(*experiment_->model, before, "the copy");
  // Plain cross entropy: the recall loss has moved its smoothed recalls meanwhile.
  EXPECT_EQ(run_training_step(*experiment_, same, 3).cross_entropy, first);
}

TEST_F(TrainingStepTest, ALossThatIsNotFiniteMakesNoUpdate) {
  {
    const torch::NoGradGuard no_gradient;
    experiment_->model->parameters().back().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  const State before = copy_of_state();
  EXPECT_FALSE(run_training_step(*experiment_, batches(1), 0).finite);
  EXPECT_TRUE(same_parameters(before));
}

}  // namespace
}  // namespace seg
