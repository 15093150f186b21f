// The programs under what starts several of them, and over a slow network: the same weights as ranks started by their variables.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "e2e/ranks.hpp"

namespace seg::test {
namespace {

class Launchers : public RankPrograms {
 protected:
  static constexpr int kSteps = 24;

  std::vector<std::string> arguments(const std::string& run_dir) const {
    return going_on(steps(run_dir, kSteps, {"train.checkpoint_interval=4", "train.rank_timeout_s=20"}));
  }

  /// Of two ranks that were started by their variables.
  std::string expected() const {
    static const std::string digest = digest_of(run_ranks("segtrain", 2, arguments("expected")));  // once for all tests
    return digest;
  }

  Process::Options environment(std::vector<std::string> more = {}) const {
    more.insert(more.end(),
                {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMP_NUM_THREADS=1", "MASTER_PORT=" + std::to_string(free_port())});
    return with(more);
  }

  static bool runs(const std::vector<std::string>& words) { return run_program(words).exit_code == 0; }
};

std::vector<std::string> mpirun(int count) { return {"mpirun", "-n", std::to_string(count), "--oversubscribe", "--bind-to", "none"}; }

TEST_F(Launchers, MpirunTrainsAndEvaluates) {
  if (!runs({"mpirun", "--version"})) {
    const char* missing = "there is no mpirun: scripts/setup.sh --launchers installs it";
    ASSERT_FALSE(requires_all()) << missing;
    GTEST_SKIP() << missing;
  }
  const ProgramResult trained = Process(under(mpirun(2), "segtrain", arguments("run")), environment()).wait();
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(digest_of(trained), expected());
  const std::string best = (checkpoints("run") / "best.safetensors").string();
  std::vector<std::string> reports;
  for (const int count : {1, 3}) {
    const fs::path output = folder_ / ("eval" + std::to_string(count));
    const ProgramResult scored =
        Process(under(mpirun(count), "segeval", {"--checkpoint", best, "--output", output.string(), "--set", "train.threads=1"}), environment())
            .wait();
    EXPECT_EQ(scored.exit_code, 0) << scored.err;
    reports.push_back(read_text(output / "report.json"));
  }
  EXPECT_EQ(reports[1], reports[0]);
}

/// Process ids of those whose parent it is.
std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream list("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  return {std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>()};
}

/// Of what a program said.
std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  return end == std::string::npos ? "says nothing" : text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

/// A torchrun that starts programs: its path, or why there is none.
struct Torchrun {
  std::string path, why_not;
};

/// The one in PATH, or that of scripts/setup.sh --cuda. Whether one works shows when it starts something: Debian 12's answers to --help, and dies
/// under its own Python when a program is to run.
Torchrun working_torchrun(const Process::Options& options) {
  Torchrun found;
  for (const std::string& path : {std::string("torchrun"), (program("segtrain").parent_path() / "../venv-cuda/bin/torchrun").string()}) {
    // In the spelling of all versions.
    const ProgramResult tried =
        Process({path, "--nproc_per_node", "1", "--master_port", std::to_string(free_port()), "--no_python", "true"}, options).wait();
    if (tried.exit_code == 0) return {path, ""};
    found.why_not += "\n" + path + ": " + (tried.exit_code == 127 ? "not found" : last_line(tried.err));
  }
  return found;
}

TEST_F(Launchers, TorchrunStartsAgainAfterAKillAndEndsWithTheSameWeights) {
  const Process::Options options = environment({"TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"});
  const auto [found, why_not] = working_torchrun(options);
  if (found.empty()) GTEST_SKIP() << "there is no torchrun that works; scripts/setup.sh --cuda installs one, on Debian 13 --launchers too" << why_not;
  // As docs/several-machines.md has it for a torchrun of any version.
  const std::vector<std::string> torchrun{found,
                                          "--nproc-per-node",
                                          "2",
                                          "--no-python",
                                          "--max-restarts",
                                          "1",
                                          "--monitor-interval",
                                          "0.1",
                                          "--rdzv-backend",
                                          "c10d",
                                          "--rdzv-conf",
                                          "store_type=file",
                                          "--rdzv-endpoint",
                                          (folder_ / "store").string(),
                                          "--local-addr",
                                          "127.0.0.1"};
  Process process(under(torchrun, "segtrain", arguments("run")), options);
  ASSERT_TRUE(wait_until([&] { return count("run", "checkpoint") > 1 || !process.running(); }));
  const std::vector<pid_t> ranks = children_of(process.id());
  ASSERT_EQ(ranks.size(), 2u);
  kill(ranks[1], SIGKILL);
  const ProgramResult trained = process.wait();
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.out + trained.err, testing::HasSubstr("resuming from iteration"));
  EXPECT_EQ(digest_of(trained), expected());
}

/// Two hosts of this machine's own, joined by a wire that carries `rate`.
class TwoHosts {
 public:
  explicit TwoHosts(const std::string& rate) : names_{"seg" + std::to_string(getpid()) + "a", "seg" + std::to_string(getpid()) + "b"} {
    on_device_ = works("ip netns add " + names_[0]) && works("ip netns add " + names_[1]) &&
                 works("ip link add wire netns " + names_[0] + " type veth peer name wire netns " + names_[1]);
    for (const int host : {0, 1}) {
      on_device_ = on_device_ && works("ip -n " + names_[host] + " addr add " + address(host) + "/24 dev wire") &&
                   works("ip -n " + names_[host] + " link set lo up") && works("ip -n " + names_[host] + " link set wire up") &&
                   works("ip netns exec " + names_[host] + " tc qdisc add dev wire root tbf rate " + rate + " burst 32kb latency 200ms");
    }
  }
  ~TwoHosts() {
    for (const std::string& name : names_) works("ip netns del " + name);
  }
  TwoHosts(const TwoHosts&) = delete;
  TwoHosts& operator=(const TwoHosts&) = delete;

  bool there() const { return on_device_; }
  static std::string address(int host) { return "10.77.0." + std::to_string(host + 1); }
  std::vector<std::string> on(int host) const { return {"ip", "netns", "exec", names_[host]}; }

 private:
  static bool works(const std::string& line) { return std::system((line + " >/dev/null 2>&1").c_str()) == 0; }

  std::string names_[2];
  bool on_device_ = false;
};

TEST_F(Launchers, OverASlowNetworkTheRunIsSlowerAndRight) {
  constexpr double kBytesPerSecond = 40e6 / 8;
  const TwoHosts hosts("40mbit");
  if (!hosts.there()) GTEST_SKIP() << "needs root, network namespaces and tc (Debian's iproute2)";
  const auto begin = std::chrono::steady_clock::now();
  Processes processes;
  for (const int rank : {0, 1}) {
    const Process::Options options = with({"RANK=" + std::to_string(rank), "WORLD_SIZE=2", "LOCAL_RANK=0", "LOCAL_WORLD_SIZE=1",
                                           "MASTER_ADDR=" + hosts.address(0), "MASTER_PORT=29500", "OMP_NUM_THREADS=1"});
    processes.push_back(std::make_unique<Process>(under(hosts.on(rank), "segtrain", arguments("run")), options));
  }
  const ProgramResult trained = checked(wait(processes));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_EQ(digest_of(trained), expected());
  // The gradients of each step cross the wire at least once.
  const double bytes = static_cast<double>(fs::file_size(checkpoints("run") / "best.safetensors"));
  EXPECT_GT(seconds, kSteps * bytes / kBytesPerSecond);
}

}  // namespace
}  // namespace seg::test
