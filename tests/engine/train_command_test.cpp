#include "engine/train_command.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "engine/checkpoint.hpp"
#include "engine/run_directory.hpp"
#include "engine/tiny_run.hpp"

namespace seg {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TrainCommandTest : public testing::Test {
 protected:
  TrainCommand command(const std::string& run, const std::string& resume = "never") {
    TrainCommand made;
    made.config = "camvid_recall.yaml";
    made.overrides = test::tiny_overrides(data_);
    made.run_dir = folder_ / run;
    made.resume = resume;
    made.device = "cpu";
    return made;
  }

  static std::string output_of(const TrainCommand& command) {
    std::ostringstream out;
    EXPECT_EQ(train(command, out), 0);
    return out.str();
  }

  static std::string digest_of(const std::string& output) { return output.substr(output.find("weights: ")); }

  /// As if the process had been killed after `iteration`: later checkpoints gone, later events still there.
  void kill_after(const std::string& run, std::int64_t iteration) const {
    for (const std::int64_t later : {2, 4, 6})
      if (later > iteration) fs::remove(folder_ / run / "checkpoints" / ("step-" + std::to_string(later) + ".safetensors"));
    std::string lines = test::read_text(folder_ / run / "metrics.jsonl");
    lines.resize(lines.find("\"event\":\"end\"") - 1);
    test::write_text(folder_ / run / "metrics.jsonl", lines + "{\"event\":\"tr");
  }

  test::TemporaryFolder folder_;
  std::filesystem::path data_ = test::tiny_data(folder_);
};

TEST_F(TrainCommandTest, AResumedRunEndsWithTheSameWeights) {
  const std::string whole = output_of(command("whole"));
  for (const std::int64_t iteration : {2, 4}) {
    const std::string name = "from" + std::to_string(iteration);
    fs::copy(folder_ / "whole", folder_ / name, fs::copy_options::recursive);
    kill_after(name, iteration);
    EXPECT_EQ(digest_of(output_of(command(name, "auto"))), digest_of(whole)) << name;
    // Everything a run goes on from is equal too, not only the weights.
    EXPECT_EQ(load_checkpoint(folder_ / name / "checkpoints/last.safetensors").tensors.size(),
              load_checkpoint(folder_ / "whole/checkpoints/last.safetensors").tensors.size());
  }
}

TEST_F(TrainCommandTest, TheNumberOfWorkersChangesNothing) {
  TrainCommand one = command("one"), three = command("three");
  one.overrides.push_back("data.workers=1");
  three.overrides.push_back("data.workers=3");
  EXPECT_EQ(digest_of(output_of(one)), digest_of(output_of(three)));
}

TEST_F(TrainCommandTest, WritesTheRunDirectoryOfTheContract) {
  output_of(command("run"));
  for (const std::string file :
       {"config.yaml", "train.log", "metrics.jsonl", "checkpoints/step-6.safetensors", "checkpoints/last.safetensors", "checkpoints/best.safetensors",
        "eval/val/report.json", "eval/val/per_class.csv", "eval/val/confusion.csv", "eval/val/per_image.jsonl"})
    EXPECT_TRUE(fs::exists(folder_ / "run" / file)) << file;
  EXPECT_THAT(test::read_text(folder_ / "run/train.log"), AllOf(HasSubstr("6/6"), HasSubstr("validation 6")));
  std::istringstream lines(test::read_text(folder_ / "run/metrics.jsonl"));
  std::map<std::string, int> events;
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_TRUE(event.contains("iteration") && event.contains("time"));
    ++events[event.at("event")];
    if (event.at("event") == "train") {
      EXPECT_TRUE(event.at("class_weights").contains("Road") && event.at("class_recalls").contains("Road"));
      EXPECT_TRUE(event.at("cross_entropy").is_number());
    }
  }
  EXPECT_EQ(events["train"], 6);
  EXPECT_EQ(events["validation"], 2);
  EXPECT_EQ(events["end"], 1);
}

TEST_F(TrainCommandTest, AFinishedRunIsReportedAndLeftAlone) {
  output_of(command("run"));
  const auto written = fs::last_write_time(folder_ / "run/metrics.jsonl");
  EXPECT_THAT(output_of(command("run", "auto")), HasSubstr("finished already"));
  EXPECT_EQ(fs::last_write_time(folder_ / "run/metrics.jsonl"), written);
}

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

TEST_F(TrainCommandTest, NeverRefusesAFolderThatHoldsARun) {
  output_of(command("run"));
  const Error error = error_of([&] { output_of(command("run")); });
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.hint, HasSubstr("--resume auto"));
}

TEST_F(TrainCommandTest, RefusesToResumeUnderAnotherConfiguration) {
  output_of(command("run"));
  kill_after("run", 4);
  TrainCommand changed = command("run", "auto");
  changed.overrides.push_back("optimizer.lr=0.5");
  const Error error = error_of([&] { output_of(changed); });
  EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("optimizer.lr"), HasSubstr("0.5"), HasSubstr("0.001")));
}

TEST_F(TrainCommandTest, ResumesUnderAHarmlessChange) {
  output_of(command("run"));
  kill_after("run", 4);
  TrainCommand changed = command("run", "auto");
  changed.config.clear();  // the run's own
  changed.overrides = {"data.workers=1"};
  EXPECT_THAT(output_of(changed), HasSubstr("weights: "));
  EXPECT_THAT(test::read_text(folder_ / "run/config.yaml"), HasSubstr("workers: 1"));
}

TEST_F(TrainCommandTest, AMissingResumeFileIsAnError) {
  EXPECT_EQ(error_of([&] { output_of(command("run", (folder_ / "none.safetensors").string())); }).kind, ErrorKind::kStorage);
}

TEST_F(TrainCommandTest, ResumesFromANamedCheckpoint) {
  const std::string whole = output_of(command("run"));
  TrainCommand from = command("run", (folder_ / "run/checkpoints/step-2.safetensors").string());
  from.run_dir.clear();
  EXPECT_EQ(digest_of(output_of(from)), digest_of(whole));
  EXPECT_TRUE(fs::exists(folder_ / "run/checkpoints/step-4.safetensors"));
}

TEST_F(TrainCommandTest, StartsFromTheWeightsOfAnotherRun) {
  output_of(command("first"));
  TrainCommand second = command("second");
  second.overrides.push_back("model.init_from=" + (folder_ / "first/checkpoints/last.safetensors").string());
  second.overrides.push_back("data.void=train");  // twelve classes instead of eleven: the heads are new
  output_of(second);
  EXPECT_EQ(load_checkpoint(folder_ / "second/checkpoints/last.safetensors").classes.size(), 12u);
}

TEST_F(TrainCommandTest, DryRunWritesNothing) {
  TrainCommand dry = command("run");
  dry.dry_run = true;
  EXPECT_THAT(output_of(dry), AllOf(HasSubstr("s a step"), HasSubstr("peak memory"), HasSubstr("whole run")));
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
