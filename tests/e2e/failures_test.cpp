// What ends a run: memory that is not there, numbers that are not finite, configurations that are none.
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using Failures = Programs;

TEST_F(Failures, OutOfMemoryIsToldWithWhatToLower) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer reserves more than any limit";
  FaultRow row("memory");
  ASSERT_EQ(run("segtrain", training("whole")).exit_code, 0);
  std::vector<std::string> trained{"--config",  "camvid_recall.yaml",        "--device", "cpu",
                                   "--set",     "data.root=" + data(),       "--set",    "train.batch_size=20",
                                   "--set",     "data.size=[1024,1024]",     "--set",    "augment.crop=false",
                                   "--run-dir", (folder_ / "large").string()};
  std::vector<std::string> scored{"--checkpoint", (checkpoints("whole") / "best.safetensors").string(),
                                  "--set",        "data.size=[8192,8192]",
                                  "--set",        "eval.input=resized",
                                  "--output",     (folder_ / "scores").string(),
                                  "--device",     "cpu"};
  for (const rlim_t megabytes : tried_of(std::vector<rlim_t>{2500, 1500, 4000}, 1)) {
    const auto limited = [bytes = megabytes << 20] {
      const rlimit limit{bytes, bytes};
      setrlimit(RLIMIT_AS, &limit);
    };
    const ProgramResult training_result = Process(command("segtrain", trained), with({}, limited)).wait();
    EXPECT_TRUE(row.tried(is_clear_error(training_result, 6) && training_result.err.find("train.batch_size") != std::string::npos))
        << megabytes << ": " << training_result.exit_code << training_result.err;
    fs::remove_all(folder_ / "large");
    const ProgramResult scoring = Process(command("segeval", scored), with({}, limited)).wait();
    EXPECT_TRUE(row.tried(is_clear_error(scoring, 6))) << megabytes << ": " << scoring.exit_code << scoring.err;
    EXPECT_FALSE(fs::exists(folder_ / "scores/report.json"));
  }
}

TEST_F(Failures, NumbersThatAreNotFiniteEndTheRunAndNothingOfThemIsKept) {
  FaultRow row("non_finite");
  // After a harmless first step each one multiplies the weights by -9 or so, until they overflow.
  const std::vector<std::string> settings{"train.iterations=90",      "train.checkpoint_interval=4", "train.val_interval=1",
                                          "train.max_bad_steps=3",    "optimizer.type=sgd",          "optimizer.lr=10",
                                          "optimizer.weight_decay=1", "optimizer.sgd.momentum=0",    "schedule.type=constant",
                                          "schedule.warmup=2",        "schedule.warmup_start=1e-5",  "train.log_interval=1"};
  const ProgramResult result = run("segtrain", training_with("run", settings));
  EXPECT_TRUE(is_clear_error(result, 4)) << result.err;
  // How soon they overflow, and whether one step in between does not, depends on the processor: the last three in a row end the run.
  std::int64_t before = 0;
  int in_a_row = 0, streaks = 0;
  std::istringstream lines(read_text(folder_ / "run/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event.at("event") != "bad_step") continue;
    const std::int64_t iteration = event.at("iteration");
    in_a_row = iteration == before + 1 ? in_a_row + 1 : 1;
    streaks += in_a_row == 1;
    before = iteration;
    EXPECT_EQ(event.at("images").size(), 2u);
  }
  EXPECT_EQ(in_a_row, 3);
  int dumps = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "run/bad_steps")) dumps += entry.file_size() > 2 * 48 * 48 * 4;
  EXPECT_EQ(dumps, std::min(streaks, 5));
  // The checkpoint before and the best weights load, and score what they did.
  const ProgramResult best = run("segeval", {"--checkpoint", (checkpoints("run") / "best.safetensors").string()});
  const ProgramResult last = run("segeval", {"--checkpoint", (checkpoints("run") / "last.safetensors").string()});
  EXPECT_TRUE(row.tried(result.exit_code == 4 && in_a_row == 3 && dumps == std::min(streaks, 5) && best.exit_code == 0 && last.exit_code == 0))
      << best.err << last.err;
}

TEST_F(Failures, ConfigurationsThatAreNoneEndWithTheirPlace) {
  FaultRow row("bad_config");
  write_text(folder_ / "empty.yaml", "");
  write_text(folder_ / "cyclic.yaml", "base: cyclic.yaml\n");
  write_text(folder_ / "large.yaml", "name: a\n" + std::string(10 << 20, '#'));
  write_text(folder_ / "deep.yaml", std::string(100'000, '['));
  write_text(folder_ / "bomb.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n");
  write_text(folder_ / "bytes.yaml", std::string("name: \x01\xff\x00", 9));
  write_text(folder_ / "type.yaml", "base: " + repository_file("configs/camvid_ce.yaml").string() + "\ntrain: [1, 2]\n");
  write_text(folder_ / "extreme.yaml",
             "base: " + repository_file("configs/camvid_ce.yaml").string() + "\ntrain: {batch_size: 9223372036854775808}\n");
  fs::create_directory(folder_ / "folder.yaml");
  for (const std::string name : {"cyclic", "large", "deep", "bomb", "bytes", "type", "extreme", "folder", "none", "empty"}) {
    const ProgramResult result =
        run("segtrain", {"--config", (folder_ / (name + ".yaml")).string(), "--run-dir", (folder_ / "run").string()}, {"CAMVID_ROOT=/nonexistent"});
    EXPECT_TRUE(row.tried(is_clear_error(result, 2))) << name << result.exit_code << result.err;
    EXPECT_LT(result.peak_mb, kSanitized ? 800 : 400) << name;
    EXPECT_FALSE(fs::exists(folder_ / "run"));
  }
}

}  // namespace
}  // namespace seg::test
