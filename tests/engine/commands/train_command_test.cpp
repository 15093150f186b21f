#include "engine/commands/train_command.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "core/state.hpp"
#include "engine/checkpoints/checkpoint.hpp"
#include "engine/commands/eval_command.hpp"
#include "engine/tiny_run.hpp"
#include "engine/training/run_directory.hpp"
#include "report/run/panel_files.hpp"

namespace seg {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::kInternal, ""};
}

class TrainCommandTest : public testing::Test {
 protected:
  /// One run of six steps that most tests look at or go on from: made once, never changed.
  struct Whole {
    test::TemporaryFolder folder;
    fs::path data = test::tiny_data(folder);
    std::string output = output_of(command_for(data, folder / "run"));

    fs::path file(const std::string& name) const { return folder / "run" / name; }
    Checkpoint last() const { return load_checkpoint(file("checkpoints/last.safetensors")); }
  };
  static void SetUpTestSuite() { whole_ = std::make_unique<Whole>(); }
  static void TearDownTestSuite() { whole_.reset(); }

  static TrainCommand command_for(const fs::path& data, const fs::path& run_dir) {
    TrainCommand made;
    made.config = "camvid_recall.yaml";
    made.overrides = test::tiny_overrides(data);
    made.run_dir = run_dir;
    made.device = "cpu";
    return made;
  }

  TrainCommand command(const std::string& run, const std::string& resume = "never", const std::vector<std::string>& overrides = {}) const {
    TrainCommand made = command_for(whole_->data, folder_ / run);
    made.resume = resume;
    made.overrides.insert(made.overrides.end(), overrides.begin(), overrides.end());
    return made;
  }

  /// Two cheap steps with small checkpoints, for what a run does apart from them.
  TrainCommand quick(const std::string& run, const std::vector<std::string>& overrides = {}) const {
    TrainCommand made = command(run, "never",
                                {"train.iterations=2", "train.accumulate=1", "train.ema=0", "train.val_interval=1", "train.checkpoint_interval=100",
                                 "optimizer.type=sgd", "optimizer.sgd.momentum=0"});
    made.overrides.insert(made.overrides.end(), overrides.begin(), overrides.end());
    return made;
  }

  /// The whole run again under another name. Its checkpoints are links: nothing ever writes into one.
  void copy_whole(const std::string& run) const {
    fs::create_directories(folder_ / run);
    fs::copy(whole_->file("checkpoints"), folder_ / run / "checkpoints", fs::copy_options::recursive | fs::copy_options::create_hard_links);
    for (const char* name : {"config.yaml", "metrics.jsonl", "train.log"}) fs::copy(whole_->file(name), folder_ / run / name);
  }

  static std::string output_of(const TrainCommand& command) {
    std::ostringstream out;
    EXPECT_EQ(train(command, out), 0);
    return out.str();
  }

  static std::string digest_of(const std::string& output) { return output.substr(output.find("weights: ")); }

  fs::path last_of(const std::string& run) const { return folder_ / run / "checkpoints/last.safetensors"; }
  fs::path best_of(const std::string& run) const { return folder_ / run / "checkpoints/best.safetensors"; }

  static void expect_equal(const Checkpoint& a, const Checkpoint& b) {
    EXPECT_EQ(a.iteration, b.iteration);
    EXPECT_EQ(a.scores, b.scores);
    ASSERT_TRUE(a.best && b.best);
    EXPECT_EQ(a.best->score, b.best->score);
    EXPECT_EQ(a.best->iteration, b.best->iteration);
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) EXPECT_TRUE(torch::equal(tensor, b.tensors.at(name))) << name;
  }

  using Events = std::multimap<std::string, nlohmann::json>;  // by name
  static Events events_in(const fs::path& file) {
    std::istringstream lines(test::read_text(file));
    Events events;
    for (std::string line; std::getline(lines, line);) {
      const auto event = nlohmann::json::parse(line);
      events.emplace(event.at("event"), event);
    }
    return events;
  }

  Events events_of(const std::string& run) const { return events_in(folder_ / run / "metrics.jsonl"); }

  /// As if the process had been killed after `iteration`: later checkpoints gone, later events still there.
  void kill_after(const std::string& run, std::int64_t iteration) const {
    for (const std::int64_t later : {2, 4, 6})
      if (later > iteration) fs::remove(folder_ / run / "checkpoints" / ("step-" + std::to_string(later) + ".safetensors"));
    std::string lines = test::read_text(folder_ / run / "metrics.jsonl");
    lines.resize(lines.find("\"event\":\"end\"") - 1);
    test::write_text(folder_ / run / "metrics.jsonl", lines + "{\"event\":\"tr");
  }

  /// `run` is still a copy of the whole one.
  void expect_untouched(const std::string& run) const {
    EXPECT_EQ(test::read_text(folder_ / run / "metrics.jsonl"), test::read_text(whole_->file("metrics.jsonl")));
    for (const char* name : {"step-2", "step-4", "step-6", "last", "best"}) {
      const std::string file = std::string("checkpoints/") + name + ".safetensors";
      EXPECT_TRUE(fs::equivalent(folder_ / run / file, whole_->file(file))) << file;
    }
  }

  static inline std::unique_ptr<Whole> whole_;
  test::TemporaryFolder folder_;
};

TEST_F(TrainCommandTest, AResumedRunEndsWithTheSameWeights) {
  for (const std::int64_t iteration : {2, 4}) {
    const std::string name = "from" + std::to_string(iteration);
    copy_whole(name);
    kill_after(name, iteration);
    EXPECT_EQ(digest_of(output_of(command(name, "auto"))), digest_of(whole_->output)) << name;
    // Everything a run goes on from is equal too, not only the weights.
    expect_equal(load_checkpoint(last_of(name)), whole_->last());
  }
}

TEST_F(TrainCommandTest, AnAuxiliaryHeadIsTrainedAndResumed) {
  for (const std::string arch : {"deeplabv3plus", "ddrnet23_slim"}) {
    const std::vector<std::string> settings{"model.arch=" + arch, "model.auxiliary=true", "train.iterations=4", "train.accumulate=1"};
    const std::string whole = "whole_" + arch, resumed = "resumed_" + arch;
    output_of(command(whole, "never", settings));
    fs::copy(folder_ / whole, folder_ / resumed, fs::copy_options::recursive);
    kill_after(resumed, 2);
    output_of(command(resumed, "auto", settings));
    const Checkpoint end = load_checkpoint(last_of(whole));
    EXPECT_FALSE(without_prefix(end.tensors, "aux_loss.").empty());
    ModelOptions options;
    options.arch = arch;
    EXPECT_FALSE(without_prefix(end.tensors, "model." + auxiliary_head(options) + ".").empty());
    expect_equal(load_checkpoint(last_of(resumed)), end);
  }
}

TEST_F(TrainCommandTest, TheNumberOfWorkersChangesNothing) {
  EXPECT_EQ(digest_of(output_of(command("three", "never", {"data.workers=3"}))), digest_of(whole_->output));
}

TEST_F(TrainCommandTest, WritesTheRunDirectoryOfTheContract) {
  for (const std::string file :
       {"config.yaml", "train.log", "metrics.jsonl", "checkpoints/step-6.safetensors", "checkpoints/last.safetensors", "checkpoints/best.safetensors",
        "eval/val/report.json", "eval/val/per_class.csv", "eval/val/confusion.csv", "eval/val/per_image.jsonl"})
    EXPECT_TRUE(fs::exists(whole_->file(file))) << file;
  EXPECT_THAT(test::read_text(whole_->file("train.log")), AllOf(HasSubstr("6/6"), HasSubstr("validation 6")));
  const Events events = events_in(whole_->file("metrics.jsonl"));
  for (const auto& [name, event] : events) EXPECT_TRUE(event.contains("iteration") && event.contains("time"));
  EXPECT_EQ(events.find("start")->second.at("loss"), "recall error_rate.momentum 0.9");
  EXPECT_EQ(events.count("train"), 6u);
  EXPECT_EQ(events.count("validation"), 2u);
  EXPECT_EQ(events.count("end"), 1u);
}

TEST_F(TrainCommandTest, TheReportShowsImagesOfTheBestValidation) {
  const std::vector<Panel> panels = read_panel_index(whole_->file("eval/val/panels"));
  ASSERT_GE(panels.size(), 3U);
  EXPECT_EQ(panels[0].title, "best");
  EXPECT_TRUE(fs::exists(whole_->file("eval/val/panels") / panels[0].file));
  EXPECT_THAT(test::read_text(whole_->file("report.html")), HasSubstr("worst: " + panels[2].id));
}

TEST_F(TrainCommandTest, MetricsCarryWhatTheProgressLineSays) {
  const Events events = events_in(whole_->file("metrics.jsonl"));
  const auto& progress = events.find("train")->second;
  for (const char* key : {"loss", "cross_entropy", "learning_rate", "gradient_norm", "images_per_second", "data_wait", "seconds_left", "iterations"})
    EXPECT_TRUE(progress.at(key).is_number()) << key;
  EXPECT_TRUE(progress.at("class_weights").contains("Road") && progress.at("class_recalls").contains("Road"));
  EXPECT_TRUE(events.find("validation")->second.at("cross_entropy").is_number());
}

TEST_F(TrainCommandTest, ValidationCountsCrossEntropyAlsoWhereItAverages) {
  output_of(quick("plain"));
  output_of(quick("flipped", {"eval.flip=true"}));
  const auto entropy = [&](const std::string& run) { return events_of(run).find("validation")->second.at("cross_entropy"); };
  ASSERT_TRUE(entropy("plain").is_number());
  EXPECT_EQ(entropy("flipped"), entropy("plain"));
}

TEST_F(TrainCommandTest, EpochsGiveTheLength) {
  output_of(quick("run", {"train.iterations=0", "train.epochs=2", "train.val_interval=0", "train.accumulate=2"}));
  const Events events = events_of("run");
  EXPECT_EQ(events.find("start")->second.at("iterations"), 10);  // 21 images in steps of 2 x 2, twice
  EXPECT_EQ(events.count("validation"), 2u);
}

TEST_F(TrainCommandTest, BestIsByTheScoreThatWasNamed) {
  output_of(quick("run", {"train.best=overall_accuracy"}));
  const Checkpoint best = load_checkpoint(best_of("run"));
  EXPECT_EQ(best.best->score, nlohmann::json::parse(best.scores).at("overall_accuracy").get<double>());
  double largest = 0;
  const Events events = events_of("run");
  for (auto [event, end] = events.equal_range("validation"); event != end; ++event)
    largest = std::max(largest, event->second.at("overall_accuracy").get<double>());
  EXPECT_EQ(best.best->score, largest);
}

TEST_F(TrainCommandTest, AFinishedRunIsReportedAndLeftAlone) {
  copy_whole("run");
  const auto written = fs::last_write_time(folder_ / "run/metrics.jsonl");
  EXPECT_THAT(output_of(command("run", "auto")), HasSubstr("already finished"));
  EXPECT_EQ(fs::last_write_time(folder_ / "run/metrics.jsonl"), written);
}

TEST_F(TrainCommandTest, NeverRefusesAFolderThatHoldsARun) {
  copy_whole("run");
  const Error error = error_of([&] { output_of(command("run")); });
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.hint, HasSubstr("--resume auto"));
}

TEST_F(TrainCommandTest, RefusesToResumeUnderAnotherConfiguration) {
  copy_whole("run");
  kill_after("run", 4);
  const Error error = error_of([&] { output_of(command("run", "auto", {"optimizer.lr=0.5", "augment.device=gpu"})); });
  EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("optimizer.lr"), HasSubstr("0.5"), HasSubstr("0.001")));
  EXPECT_THAT(error.what(), HasSubstr("augment.device is cpu in the run, gpu now"));  // which was auto, and is deterministic
}

TEST_F(TrainCommandTest, ResumesUnderAHarmlessChange) {
  copy_whole("run");
  kill_after("run", 4);
  TrainCommand changed = command("run", "auto");
  changed.config.clear();  // the run's own
  changed.overrides = {"data.workers=1"};
  EXPECT_THAT(output_of(changed), HasSubstr("weights: "));
  EXPECT_THAT(test::read_text(folder_ / "run/config.yaml"), HasSubstr("workers: 1"));
}

TEST_F(TrainCommandTest, ResumesARunThatIsOlderThanAKeyWithAuto) {
  copy_whole("run");
  kill_after("run", 4);
  const fs::path file = folder_ / "run/config.yaml";
  std::string text = test::read_text(file);
  const std::string key = "  device: cpu\n";  // of the block augment
  test::write_text(file, text.erase(text.find(key), key.size()));
  EXPECT_EQ(digest_of(output_of(command("run", "auto"))), digest_of(whole_->output));
}

TEST_F(TrainCommandTest, AMissingResumeFileIsAnError) {
  EXPECT_EQ(error_of([&] { output_of(command("run", (folder_ / "none.safetensors").string())); }).kind, ErrorKind::kStorage);
}

TEST_F(TrainCommandTest, ResumesFromANamedCheckpoint) {
  copy_whole("run");
  TrainCommand from = command("run", (folder_ / "run/checkpoints/step-4.safetensors").string());
  from.run_dir.clear();
  EXPECT_EQ(digest_of(output_of(from)), digest_of(whole_->output));
}

TEST_F(TrainCommandTest, WeightsAloneAreNotResumedAndNothingIsTouched) {
  copy_whole("run");
  const Error error = error_of([&] { output_of(command("run", best_of("run").string())); });
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.what(), HasSubstr("best.safetensors holds only weights and cannot be resumed"));
  EXPECT_THAT(error.hint, AllOf(HasSubstr("last.safetensors"), HasSubstr("model.init_from")));
  expect_untouched("run");
}

TEST_F(TrainCommandTest, ACheckpointThatDoesNotFitTouchesNothing) {
  copy_whole("run");
  Checkpoint changed = load_checkpoint(folder_ / "run/checkpoints/step-2.safetensors");
  changed.tensors.erase("ema.ema_updates");
  save_checkpoint(folder_ / "changed.safetensors", changed);
  EXPECT_EQ(error_of([&] { output_of(command("run", (folder_ / "changed.safetensors").string())); }).kind, ErrorKind::kStorage);
  expect_untouched("run");
}

TEST_F(TrainCommandTest, ARareClassThatIsNotThereLeavesNoRunBehind) {
  const Error error = error_of([&] { output_of(command("run", "never", {"augment.rare_classes=[Bike]"})); });
  EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("Bike"));
  EXPECT_FALSE(RunDirectory(folder_ / "run").holds_run());
}

TEST_F(TrainCommandTest, BrokenFilesAreLeftOutAndNamed) {
  const fs::path data = folder_ / "broken";
  fs::copy(whole_->data, data, fs::copy_options::recursive);
  // Two of 21, of which an epoch of five steps leaves out one.
  fs::directory_iterator label(data / "trainannot");
  for (int i = 0; i < 2; ++i, ++label) test::write_text(label->path(), "broken");
  TrainCommand run = quick("run", {"data.root=" + data.string(), "train.iterations=5", "train.accumulate=2", "train.val_interval=5"});
  EXPECT_EQ(error_of([&] { output_of(run); }).kind, ErrorKind::kData);
  run.resume = "auto";
  run.overrides.push_back("data.on_error=skip");
  output_of(run);
  const nlohmann::json skipped = events_of("run").find("skipped")->second;
  EXPECT_EQ(skipped.at("files").size(), skipped.at("count").get<std::size_t>());
  EXPECT_THAT(skipped.at("files").at(0).get<std::string>(), HasSubstr("trainannot"));
  run.run_dir = folder_ / "dry";
  run.dry_run = true;
  EXPECT_THAT(output_of(run), HasSubstr("s per step"));
}

TEST_F(TrainCommandTest, WithoutAValSplitTheLastWeightsAreBest) {
  GenerateOptions options;
  options.layout = "folder";
  options.output = folder_ / "own";
  options.count = 12;
  options.size = {48, 64};
  generate_dataset(options);
  for (const char* split : {"val", "test"}) fs::remove_all(options.output / "images" / split);
  output_of(
      quick("run", {"data.dataset=folder", "data.root=" + options.output.string(), "data.classes=" + (options.output / "classes.yaml").string()}));
  EXPECT_EQ(load_checkpoint(best_of("run")).iteration, 2);
  EvalCommand evaluation;
  evaluation.checkpoint = best_of("run");
  evaluation.device = "cpu";
  std::ostringstream out;
  EXPECT_THAT(error_of([&] { evaluate_checkpoint(evaluation, out); }).hint, HasSubstr("--split train"));
  evaluation.split = "train";
  EXPECT_EQ(evaluate_checkpoint(evaluation, out), 0);
}

TEST_F(TrainCommandTest, StartsFromTheWeightsOfAnotherRun) {
  // Twelve classes instead of eleven: the heads are new. Without a learning rate the rest is what was loaded.
  output_of(quick("run", {"model.init_from=" + whole_->file("checkpoints/last.safetensors").string(), "optimizer.lr=0", "data.void=train"}));
  const Checkpoint end = load_checkpoint(last_of("run"));
  EXPECT_EQ(end.classes.size(), 12u);
  EXPECT_TRUE(torch::equal(end.tensors.at("model.backbone.conv1.weight"), whole_->last().tensors.at("ema.backbone.conv1.weight")));
}

TEST_F(TrainCommandTest, WeightsThatAreNotFiniteEndTheRunAndAreTold) {
  Checkpoint broken = load_checkpoint(whole_->file("checkpoints/best.safetensors"));
  broken.tensors.at("model.backbone.conv1.weight").fill_(std::numeric_limits<float>::quiet_NaN());
  save_checkpoint(folder_ / "broken.safetensors", broken);
  const Error error = error_of([&] {
    output_of(quick("run", {"model.init_from=" + (folder_ / "broken.safetensors").string(), "train.max_bad_steps=2", "train.iterations=9"}));
  });
  EXPECT_EQ(error.kind, ErrorKind::kNonFinite);
  EXPECT_EQ(events_of("run").count("bad_step"), 2u);
}

TEST_F(TrainCommandTest, DryRunWritesNothing) {
  TrainCommand dry = command("run");
  dry.dry_run = true;
  EXPECT_THAT(output_of(dry),
              AllOf(HasSubstr("s per step"), HasSubstr("peak memory"), HasSubstr("whole run"), HasSubstr("nothing was trained or written")));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainCommandTest, PrintedConfigurationLoadsAgain) {
  TrainCommand print = command("run");
  print.print_config = true;
  const std::string text = output_of(print);
  test::write_text(folder_ / "printed.yaml", text);
  TrainCommand again = print;
  again.config = (folder_ / "printed.yaml").string();
  again.overrides.clear();
  EXPECT_EQ(output_of(again), text);
}

}  // namespace
}  // namespace seg
