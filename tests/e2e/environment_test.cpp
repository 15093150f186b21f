// The same numbers whatever the machine around is like: clock, time zone, locale, home, terminal, pipes.
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using testing::HasSubstr;

class Environment : public Programs {
 protected:
  std::vector<std::string> arguments(const std::string& run_dir) const {
    return training_with(run_dir, {"train.deterministic=true", "train.log_interval=1", "loss.type=weighted_ce"});
  }
  static fs::path plain_run() { return shared() / "plain"; }
  std::string plain_digest() const {
    static const std::string digest = digest_of(run("segtrain", arguments(plain_run().string())));  // once for all tests
    return digest;
  }
  /// Trains in an odd environment; whether the weights are those of a plain one.
  bool same_weights(const std::string& run_dir, const Process::Options& options) {
    result_ = Process(command("segtrain", arguments(run_dir)), options).wait();
    return result_.exit_code == 0 && digest_of(result_) == plain_digest();
  }
  /// A locale with a decimal comma below `folder_`; false where the system has not the sources of one.
  bool make_german() const {
    return std::system(("localedef -i de_DE -f UTF-8 '" + (folder_ / "de_DE.UTF-8").string() + "' >/dev/null 2>&1").c_str()) == 0;
  }

  ProgramResult result_;
};

TEST_F(Environment, TheClockMayJump) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer must be loaded before the library that moves the clock";
  FaultRow row("environment");
  EXPECT_TRUE(row.tried(same_weights("run", with({std::string("LD_PRELOAD=") + SEG_CLOCK_JUMP})))) << result_.err;
  std::istringstream lines(read_text(folder_ / "run/metrics.jsonl"));
  double before = 0;
  int back = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_GE(event.value("seconds_left", 0.0), 0.0);
    back += event.at("time").get<double>() < before;
    before = event.at("time").get<double>();
  }
  EXPECT_GT(back, 0) << "the clock did not jump";
}

/// What libgomp says of itself as the program starts.
std::string openmp_of(const std::vector<std::string>& variables) {
  std::vector<std::string> command{"env", "-u", "OMP_WAIT_POLICY", "-u", "GOMP_SPINCOUNT", "OMP_DISPLAY_ENV=verbose"};
  command.insert(command.end(), variables.begin(), variables.end());
  command.insert(command.end(), {program("segtrain").string(), "--version"});
  return run_program(command).err;
}

TEST_F(Environment, ThreadsThatWaitSleepSoon) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers' builds leave OpenMP as it is";
  EXPECT_THAT(openmp_of({}), HasSubstr("GOMP_SPINCOUNT = '5000'"));
}

TEST_F(Environment, HowThreadsWaitIsLeftToTheUsersVariables) {
  EXPECT_THAT(openmp_of({"GOMP_SPINCOUNT=77"}), HasSubstr("GOMP_SPINCOUNT = '77'"));
  EXPECT_THAT(openmp_of({"OMP_WAIT_POLICY=active"}), HasSubstr("GOMP_SPINCOUNT = '30000000000'"));
}

TEST_F(Environment, TimeZonesChangeNothing) {
  FaultRow row("environment");
  for (const std::string zone : {"Pacific/Kiritimati", "nonsense/zone", ""})
    EXPECT_TRUE(row.tried(same_weights("run" + std::to_string(zone.size()), with({"TZ=" + zone}))));
}

TEST_F(Environment, ADecimalCommaChangesNothing) {
  if (!make_german()) GTEST_SKIP() << "localedef cannot make de_DE.UTF-8 (Debian's package locales has its source)";
  FaultRow row("environment");
  EXPECT_TRUE(row.tried(same_weights("run", with({"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "LOCPATH=" + folder_.path().string()})))) << result_.err;
  EXPECT_THAT(read_text(folder_ / "run/config.yaml"), HasSubstr("power: 0.9"));
}

TEST_F(Environment, AHomeThatTakesNothingChangesNothing) {
  FaultRow row("environment");
  write_text(folder_ / "file", "a home that is no folder");
  const std::string home = (folder_ / "file").string();
  EXPECT_TRUE(row.tried(same_weights("run", {{"HOME=" + home, "XDG_CACHE_HOME=" + home + "/cache"}, {}}))) << result_.err;
  EXPECT_TRUE(row.tried(same_weights("none", {{"HOME=", "XDG_CACHE_HOME="}, {}}))) << result_.err;
}

TEST_F(Environment, AClosedPipeOrNoOutputAtAllChangesNothing) {
  FaultRow row("environment");
  ASSERT_FALSE(plain_digest().empty());
  const auto weights_of = [](const fs::path& run_dir) {  // nothing is printed
    const std::string text = read_text(run_dir / "metrics.jsonl");
    const std::size_t at = text.find("weights_digest");
    return at == std::string::npos ? "none" : text.substr(at, 52);
  };
  const auto closed_pipe = [] {
    int ends[2];
    if (pipe(ends) != 0) _exit(126);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
  };
  const auto closed = [] {
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
  };
  int number = 0;
  for (const std::function<void()>& prepare : std::vector<std::function<void()>>{closed_pipe, closed}) {
    const std::string name = "closed" + std::to_string(number++);
    const ProgramResult result = Process(command("segtrain", arguments(name)), with({}, prepare)).wait();
    EXPECT_TRUE(row.tried(result.exit_code == 0 && weights_of(folder_ / name) == weights_of(plain_run()))) << name << ' ' << result.exit_code;
  }
}

/// What a program draws on a terminal of that many columns.
class Terminal {
 public:
  explicit Terminal(std::size_t columns) : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    const char* name = master_ >= 0 && grantpt(master_) == 0 && unlockpt(master_) == 0 ? ptsname(master_) : nullptr;
    if (name == nullptr) return;
    name_ = name;
    const winsize size{.ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
    keep_ = open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);  // what is written is not lost when the program ends
    ioctl(keep_, TIOCSWINSZ, &size);
    fcntl(master_, F_SETFL, O_NONBLOCK);
  }
  ~Terminal() {
    if (keep_ >= 0) close(keep_);
    if (master_ >= 0) close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// False where the system has no pseudo terminals.
  bool there() const { return keep_ >= 0; }
  /// In the child.
  void take_stderr() const { dup2(open(name_.c_str(), O_RDWR | O_NOCTTY), STDERR_FILENO); }
  /// All that was drawn since.
  void read_on() {
    char buffer[4096];
    for (ssize_t count = 0; (count = read(master_, buffer, sizeof buffer)) > 0;) drawn.append(buffer, static_cast<std::size_t>(count));
  }
  std::string drawn;

 private:
  int master_;
  int keep_ = -1;
  std::string name_;
};

TEST_F(Environment, NarrowAndWideTerminalsGetWholeLines) {
  FaultRow row("environment");
  for (const std::size_t columns : {80, 20}) {
    Terminal terminal(columns);
    if (!terminal.there()) GTEST_SKIP() << "there are no pseudo terminals here";
    Process process(command("segtrain", arguments("run" + std::to_string(columns))), with({}, [&] { terminal.take_stderr(); }));
    while (process.running()) terminal.read_on();
    terminal.read_on();
    const ProgramResult result = process.wait();
    // Progress is drawn over itself: each drawing begins with a carriage return and stays within the columns.
    int drawings = 0;
    for (std::size_t at = terminal.drawn.find('\r'); at != std::string::npos; at = terminal.drawn.find('\r', at + 1)) {
      const std::size_t end = terminal.drawn.find_first_of("\r\n", at + 1);
      const std::string text = terminal.drawn.substr(at + 1, std::min(end, terminal.drawn.size()) - at - 1);
      if (text.find("/4") == std::string::npos || text.find("images") == std::string::npos) continue;
      ++drawings;
      EXPECT_LT(text.size(), columns) << text;
    }
    EXPECT_TRUE(row.tried(result.exit_code == 0 && digest_of(result) == plain_digest() && (columns == 20 || drawings >= 4))) << terminal.drawn;
  }
}

}  // namespace
}  // namespace seg::test
