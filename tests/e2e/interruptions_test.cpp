// Runs that are killed or asked to stop: what resumes from them ends with the same weights, bit for bit.
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include "base/random.hpp"
#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using testing::HasSubstr;

class Interruptions : public Programs {
 protected:
  std::vector<std::string> arguments(const std::string& run_dir) const {
    return training_with(
        run_dir, {"train.iterations=" + std::to_string(tries(12, 24)), "train.deterministic=true",
                  "train.val_interval=" + std::to_string(tries(3, 6)), "train.checkpoint_interval=2", "train.log_interval=1", "train.threads=2"});
  }
  std::vector<std::string> resumed(const std::string& run_dir) const {
    return {"--run-dir", (folder_ / run_dir).string(), "--resume", "auto", "--device", "cpu"};
  }
  /// Whether the run, resumed, ends with the weights of one that nothing interrupted.
  bool resumes_to_the_same(const std::string& run_dir) const {
    static const ProgramResult whole = run("segtrain", arguments("whole"));  // once for all tests
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    const ProgramResult finished = run("segtrain", resumed(run_dir));
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    return finished.exit_code == 0 && digest_of(finished) == digest_of(whole);
  }

  /// Starts or resumes, and kills at the moment that `number` stands for. Returns what the log told last; "end" where it was done.
  std::string kill_once(const std::string& run_dir, int number, Random& random) const {
    const std::string phase = number % 3 == 0 ? "saving" : number % 3 == 1 ? "validating" : "train";
    Process process(command("segtrain", fs::exists(folder_ / run_dir / "config.yaml") ? resumed(run_dir) : arguments(run_dir)), with({}));
    wait_until([&] { return fs::exists(folder_ / run_dir / "metrics.jsonl") || !process.running(); });
    const std::size_t before = count(run_dir, phase);
    wait_until([&] { return count(run_dir, phase) > before || !process.running(); });
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(phase == "train" ? 60'000 : 20'000)));
    process.send(SIGKILL);
    EXPECT_TRUE(wait_until([&] { return !process.running(); }));
    return last_event(run_dir);
  }

  bool has_leftovers(const std::string& run_dir) const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / run_dir))
      if (entry.path().filename().string().find(".partial-") != std::string::npos) return true;
    return false;
  }
};

TEST_F(Interruptions, KilledAtAnyMomentARunEndsWithTheSameWeights) {
  FaultRow row("kill");
  Random random(1);
  std::map<std::string, int> moments;
  const int chains = tries(1, 8);
  for (int chain = 0, number = 0; chain < chains; ++chain) {
    const std::string name = "run" + std::to_string(chain);
    int kills = 0;
    for (; kills < tries(4, 7); ++kills) {
      const std::string moment = kill_once(name, number++, random);
      if (moment == "end") break;
      ++moments[moment];
    }
    const bool same = resumes_to_the_same(name) && !has_leftovers(name);
    for (int i = 0; i < kills; ++i) EXPECT_TRUE(row.tried(same));
  }
  EXPECT_GE(moments["saving"], tries(1, 10));
  EXPECT_GE(moments["validating"], tries(1, 5));
  for (const auto& [moment, number] : moments) RecordProperty("killed_while_" + moment, number);
}

TEST_F(Interruptions, ASignalSavesAndTheRunEndsWithTheSameWeights) {
  FaultRow row("signal");
  for (const int signal : tried_of(std::vector<int>{SIGTERM, SIGINT}, 1)) {
    std::string name;
    // Where saving is over before the second signal comes, it is tried again.
    for (int attempt = 0; attempt < 5 && (attempt == 0 || last_event(name) == "end"); ++attempt) {
      name = "stopped" + std::to_string(signal) + "-" + std::to_string(attempt);
      Process process(command("segtrain", arguments(name)), with({}));
      // A step after the checkpoint: what has just been saved would not be saved again.
      wait_until([&] { return (count(name, "checkpoint") > 0 && last_event(name) == "train") || !process.running(); });
      process.send(signal);
      wait_until([&] { return last_event(name) == "saving" || !process.running(); });  // what the first one asked for
      process.send(signal);
      EXPECT_EQ(process.wait().exit_code, 128 + signal);
    }
    EXPECT_NE(last_event(name), "end");
    EXPECT_TRUE(row.tried(resumes_to_the_same(name)));
  }
}

TEST_F(Interruptions, AProcessThatHoldsTheRunIsNamed) {
  FaultRow row("two_runs");
  Process first(command("segtrain", training_with("run", {"train.iterations=100000"})), with({}));
  ASSERT_TRUE(wait_until([&] { return count("run", "start") > 0; }));
  for (const std::string resume : {"never", "auto"}) {
    std::vector<std::string> again = training("run");
    again.insert(again.end(), {"--resume", resume});
    const ProgramResult second = run("segtrain", again);
    EXPECT_TRUE(row.tried(is_clear_error(second, 5) && second.err.find("process " + std::to_string(first.id())) != std::string::npos)) << second.err;
  }
  EXPECT_TRUE(first.running());
}

TEST_F(Interruptions, AFinishedRunIsNotOverwritten) {
  FaultRow row("two_runs");
  ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
  const std::string before = metrics("run");
  const ProgramResult again = run("segtrain", training("run"));
  EXPECT_TRUE(row.tried(is_clear_error(again, 5) && metrics("run") == before)) << again.err;
  EXPECT_THAT(again.err, HasSubstr("--resume auto"));
}

}  // namespace
}  // namespace seg::test
