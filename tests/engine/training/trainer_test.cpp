// The loop around the steps: what is told, validated, saved and kept, with a network of one layer.
#include "engine/training/trainer.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "engine/one_layer.hpp"
#include "engine/tiny_run.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

class Listener : public Reporter {
 public:
  void report(const Event& event) override { events.push_back(event); }
  std::vector<std::int64_t> iterations_of(EventKind kind) const {
    std::vector<std::int64_t> found;
    for (const Event& event : events)
      if (event.kind == kind) found.push_back(event.iteration);
    return found;
  }
  std::vector<Event> events;
};

class TrainerTest : public testing::Test {
 protected:
  /// Six steps with a validation each third and a checkpoint each second, unless `settings` say else.
  std::unique_ptr<Experiment> experiment(const std::vector<std::string>& settings = {}) const {
    std::vector<std::string> overrides = test::tiny_overrides(data_);
    overrides.insert(overrides.end(), {"train.accumulate=1", "train.ema=0"});
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    return std::unique_ptr<Experiment>(
        new Experiment(test::with_one_layer(*build_experiment(load_run_config("camvid_recall.yaml", overrides), "cpu"))));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
  RunDirectory directory_{folder_ / "run"};
  Listener listener_;
};

TEST_F(TrainerTest, TellsOfTheRunInOrder) {
  const auto built = experiment();
  ASSERT_EQ(Trainer(*built, &directory_, listener_).run(std::nullopt), 0);
  EXPECT_THAT(listener_.iterations_of(EventKind::kTrain), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(listener_.iterations_of(EventKind::kValidation), ElementsAre(3, 6));
  EXPECT_THAT(listener_.iterations_of(EventKind::kCheckpoint), ElementsAre(2, 4, 6));
  EXPECT_EQ(listener_.events.front().kind, EventKind::kStart);
  EXPECT_EQ(listener_.events.back().kind, EventKind::kEnd);
}

TEST_F(TrainerTest, GoesOnFromACheckpointToTheSameWeights) {
  const auto whole = experiment();
  Trainer first(*whole, &directory_, listener_);
  ASSERT_EQ(first.run(std::nullopt), 0);
  Checkpoint half = load_resumable(directory_.step_file(4));
  const auto rest = experiment();
  rest->learner->load(half.tensors);
  const RunDirectory other(folder_ / "other");
  Trainer second(*rest, &other, listener_);
  ASSERT_EQ(second.run(half), 0);
  EXPECT_EQ(second.weights_digest(), first.weights_digest());
}

TEST_F(TrainerTest, CheckpointsHoldThePixelsOfEachClassSoFar) {
  const auto whole = experiment();
  ASSERT_EQ(Trainer(*whole, &directory_, listener_).run(std::nullopt), 0);
  const std::vector<std::int64_t> half = load_checkpoint_metadata(directory_.step_file(4)).class_pixels;
  const std::vector<std::int64_t> all = load_checkpoint_metadata(directory_.step_file(6)).class_pixels;
  const auto sum = [](const std::vector<std::int64_t>& counts) { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); };
  ASSERT_EQ(all.size(), whole->classes().size());
  EXPECT_GT(sum(half), 0);
  EXPECT_GT(sum(all), sum(half));
  EXPECT_LE(sum(all), 6 * whole->config.train.batch_size * whole->config.data.size.height * whole->config.data.size.width);

  Checkpoint from = load_resumable(directory_.step_file(4));
  const auto rest = experiment();
  rest->learner->load(from.tensors);
  const RunDirectory other(folder_ / "other");
  ASSERT_EQ(Trainer(*rest, &other, listener_).run(from), 0);
  EXPECT_EQ(load_checkpoint_metadata(other.step_file(6)).class_pixels, all);
}

TEST_F(TrainerTest, WithRareClassesGoesOnTheSameAndKeepsTheFrequenciesOfTheLabels) {
  const std::vector<std::string> rare{"data.sampling=rare_class", "data.rare_class_temperature=0.1"};
  const auto whole = experiment(rare);
  Trainer first(*whole, &directory_, listener_);
  ASSERT_EQ(first.run(std::nullopt), 0);
  EXPECT_THAT(listener_.events.front().values.at("loss").get<std::string>(), testing::EndsWith(", rare_class temperature 0.1"));
  EXPECT_TRUE(whole->sampling && training_loader(*whole, 0).sampling == whole->sampling);
  Checkpoint half = load_resumable(directory_.step_file(4));
  EXPECT_EQ(half.class_pixels, whole->sampling->label_pixels());
  const auto rest = experiment(rare);
  rest->learner->load(half.tensors);
  const RunDirectory other(folder_ / "other");
  Trainer second(*rest, &other, listener_);
  ASSERT_EQ(second.run(half), 0);
  EXPECT_EQ(second.weights_digest(), first.weights_digest());
}

TEST_F(TrainerTest, KeepsTheWeightsOfTheBestValidation) {
  const auto built = experiment();
  ASSERT_EQ(Trainer(*built, &directory_, listener_).run(std::nullopt), 0);
  double best = -1;
  std::int64_t at = 0;
  for (const Event& event : listener_.events) {
    if (event.kind != EventKind::kValidation) continue;
    const double score = event.values.at("mean_iou").get<double>();
    EXPECT_EQ(event.values.at("best").get<bool>(), score > best);
    if (score > best) {
      best = score;
      at = event.iteration;
    }
  }
  EXPECT_EQ(load_checkpoint_metadata(directory_.paths().best()).iteration, at);
}

TEST_F(TrainerTest, BadStepsInARowEndTheRunWithTheLastCheckpointIntact) {
  const auto built = experiment({"train.max_bad_steps=2"});
  {
    const torch::NoGradGuard no_gradient;
    built->learner->model().parameters().front().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  try {
    Trainer(*built, &directory_, listener_).run(std::nullopt);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kNonFinite);
  }
  EXPECT_THAT(listener_.iterations_of(EventKind::kBadStep), ElementsAre(1, 2));
  EXPECT_TRUE(std::filesystem::exists(directory_.paths().bad_steps()));
}

TEST_F(TrainerTest, LogsRecallsOfAllMicroBatchesTogether) {
  const auto built = experiment({"train.accumulate=2", "loss.error_rate.momentum=0"});
  ASSERT_EQ(Trainer(*built, &directory_, listener_).run(std::nullopt), 0);
  for (const Event& event : listener_.events) {
    if (event.kind != EventKind::kTrain) continue;
    const auto& recalls = event.values.at("class_recalls");
    for (const auto& [name, weight] : event.values.at("class_weights").items()) EXPECT_EQ(weight.is_null(), recalls.at(name).is_null()) << name;
  }
}

TEST_F(TrainerTest, LogsTheIousThatWeightsFollow) {
  const auto built = experiment({"loss.type=iou_gap", "loss.error_rate.momentum=0", "loss.error_rate.smoothing=none"});
  ASSERT_EQ(Trainer(*built, &directory_, listener_).run(std::nullopt), 0);
  int compared = 0;
  for (const Event& event : listener_.events) {
    if (event.kind != EventKind::kTrain) continue;
    EXPECT_FALSE(event.values.contains("class_recalls"));
    const auto& ious = event.values.at("class_ious");
    for (const auto& [name, weight] : event.values.at("class_weights").items()) {
      ASSERT_EQ(weight.is_null(), ious.at(name).is_null()) << name;
      if (weight.is_null()) continue;
      EXPECT_NEAR(weight.get<double>(), 1 - ious.at(name).get<double>(), 1e-9) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace seg
