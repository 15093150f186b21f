#include "engine/training/experiment.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "data/cache/cache.hpp"
#include "engine/tiny_run.hpp"
#include "models/weights.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

class ExperimentTest : public testing::Test {
 protected:
  std::unique_ptr<Experiment> built(const std::vector<std::string>& settings = {}, const Communicator& ranks = {}) const {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    return build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu", ranks);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
};

TEST_F(ExperimentTest, SamplesComeFromTheFilesWithoutACache) {
  const auto experiment = built();
  EXPECT_EQ(experiment->training_samples, experiment->train_set);
  EXPECT_EQ(experiment->validation_samples, experiment->val_set);
}

TEST_F(ExperimentTest, SamplesComeFromTheCacheWhereThereIsOne) {
  const auto experiment = built({"data.cache=memory"});
  ASSERT_NE(dynamic_cast<const CachedDataset*>(experiment->training_samples.get()), nullptr);
  ASSERT_NE(dynamic_cast<const CachedDataset*>(experiment->validation_samples.get()), nullptr);
  EXPECT_EQ(experiment->training_samples->size(), experiment->train_set->size());
}

TEST_F(ExperimentTest, EpochsAreCountedInStepsOfAllMicroBatches) {
  // 21 training images, steps of 2 x 2.
  const auto experiment = built({"train.iterations=0", "train.epochs=3"});
  EXPECT_EQ(experiment->iterations_per_epoch, 5);
  EXPECT_EQ(experiment->iterations, 15);
}

TEST_F(ExperimentTest, WeightsAreAFunctionOfTheSeed) {
  const auto first = built(), second = built(), other = built({"train.seed=1"});
  const State weights = model_state(first->learner->model());
  const State again = model_state(second->learner->model()), others = model_state(other->learner->model());
  for (const auto& [name, tensor] : weights) EXPECT_TRUE(tensor.equal(again.at(name))) << name;
  EXPECT_FALSE(weights.at("backbone.conv1.weight").equal(others.at("backbone.conv1.weight")));
}

TEST_F(ExperimentTest, WhatSeveralProcessesCannotDoIsRefused) {
  for (const char* setting : {"train.batch_size=3", "train.allreduce=bf16"}) {
    EXPECT_NE(built({setting}), nullptr);
    run_ranks(2, [&](const Communicator& ranks) {
      try {
        built({"model.batch_norm=synchronized", setting}, ranks);
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
        EXPECT_THAT(error.what(), testing::HasSubstr("--set " + std::string(setting)));
      }
    });
  }
}

TEST_F(ExperimentTest, FewerImagesThanAStepTakesAreRefused) {
  try {
    built({"train.batch_size=22"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(), testing::HasSubstr("21 images"));
  }
}

}  // namespace
}  // namespace seg
