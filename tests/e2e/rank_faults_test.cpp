// A process of several that is killed, hangs or is asked to stop: all end, say whose fault it is, and the run goes on as if nothing had been.
#include <csignal>
#include <thread>

#include "base/random.hpp"
#include "e2e/ranks.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using testing::HasSubstr;

class RankFaults : public RankPrograms {
 protected:
  static constexpr int kSteps = 64;

  std::vector<std::string> arguments(const std::string& run_dir) const {
    return going_on(steps(run_dir, kSteps,
                          {"train.val_interval=8", "train.checkpoint_interval=4", "train.rank_timeout_s=20", "model.batch_norm=local",
                           "train.ema=0.9", "loss.error_rate.momentum=0.9"}));
  }

  /// Whether the run, resumed, ends with the weights of one that nothing interrupted.
  bool resumes_to_the_same(const std::string& run_dir) const {
    static const std::string whole = digest_of(run_ranks("segtrain", 2, arguments("whole")));  // once for all tests
    return digest_of(run_ranks("segtrain", 2, arguments(run_dir))) == whole;
  }

  /// Waits for the next `event` of the run; false where it ended without.
  bool reaches(const std::string& run_dir, const std::string& event, std::size_t before, Process& process) const {
    return wait_until([&] { return count(run_dir, event) > before || !process.running(); }) && process.running();
  }

  /// Starts or resumes two ranks and kills `lost` at the next `event`. Whether the other one ended and named it; true too where the run was done.
  bool names_the_lost(const std::string& run_dir, std::size_t lost, const std::string& event, Random& random) const {
    const std::size_t before = count(run_dir, event);
    Processes processes = start("segtrain", {arguments(run_dir), arguments(run_dir)});
    if (!reaches(run_dir, event, before, *processes[0])) return wait(processes)[0].exit_code == 0;
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(event == "train" ? 60'000 : 20'000)));
    processes[lost]->send(SIGKILL);
    const ProgramResult other = processes[1 - lost]->wait(60);
    if (other.exit_code == 0 && last_event(run_dir) == "end") return true;  // done before the signal came
    const std::string expected = "error: rank " + std::to_string(lost) + " is lost; it was last at ";
    EXPECT_EQ(other.exit_code, 7) << event;
    EXPECT_THAT(other.err, HasSubstr(expected)) << event;
    return other.exit_code == 7 && other.err.find(expected) != std::string::npos && other.err.find("--resume auto") != std::string::npos;
  }
};

TEST_F(RankFaults, KilledAtAnyMomentAllEndAndTheRunEndsWithTheSameWeights) {
  FaultRow row("rank_lost");
  Random random(2);
  for (int chain = 0; chain < tries(1, 10); ++chain) {
    const std::string name = "run" + std::to_string(chain);
    std::vector<bool> named;
    for (const char* event : {"train", "validating", "saving"})
      for (const std::size_t lost : {0, 1}) named.push_back(names_the_lost(name, lost, event, random));
    const bool same = resumes_to_the_same(name);
    for (const bool one : named) EXPECT_TRUE(row.tried(one && same));
  }
}

TEST_F(RankFaults, AStuckRankEndsAll) {
  FaultRow row("rank_stuck");
  for (const std::size_t stuck : tried_of(std::vector<std::size_t>{1, 0}, 1)) {
    const std::string name = "stuck" + std::to_string(stuck);
    const std::vector<std::string> endless = steps(name, 100000, {"train.rank_timeout_s=3"});
    Processes processes = start("segtrain", {endless, endless});
    ASSERT_TRUE(reaches(name, "train", 20, *processes[0]));
    processes[stuck]->send(SIGSTOP);
    const ProgramResult other = processes[1 - stuck]->wait(30);
    processes[stuck]->send(SIGCONT);
    const ProgramResult itself = processes[stuck]->wait(30);
    const bool named = other.err.find("error: rank " + std::to_string(stuck) + " is lost; it was last at step ") != std::string::npos;
    EXPECT_TRUE(row.tried(named && other.exit_code == 7 && itself.exit_code == 7)) << other.err << itself.err;
  }
}

TEST_F(RankFaults, ASignalStopsAllAtTheSameStepAndTheRunEndsWithTheSameWeights) {
  FaultRow row("rank_signal");
  const std::vector<std::vector<std::size_t>> asked{{1}, {0}, {0, 1}};
  for (std::size_t one = 0; one < static_cast<std::size_t>(tries(1, 3)); ++one) {
    const std::string name = "stopped" + std::to_string(one);
    Processes processes = start("segtrain", {arguments(name), arguments(name)});
    ASSERT_TRUE(reaches(name, "train", 2, *processes[0]));
    for (const std::size_t rank : asked[one]) processes[rank]->send(SIGTERM);
    bool stopped = true;
    for (const ProgramResult& result : wait(processes)) stopped = stopped && result.exit_code == 128 + SIGTERM;
    EXPECT_TRUE(row.tried(stopped && last_event(name) == "end" && resumes_to_the_same(name)));
  }
}

}  // namespace
}  // namespace seg::test
