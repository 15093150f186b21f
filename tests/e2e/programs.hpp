// What the tests of the programs share: generated data, and a run that takes seconds.
#pragma once

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/support.hpp"

namespace seg::test {

namespace fs = std::filesystem;

class Programs : public testing::Test {
 protected:
  ProgramResult run(const std::string& name, const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}) const {
    return Process(command(name, arguments), with(environment)).wait();
  }

  static std::vector<std::string> command(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program(name).string());
    return arguments;
  }

  /// Ours: nothing of a test reaches the user's cache.
  Process::Options with(const std::vector<std::string>& environment, std::function<void()> before_exec = {}) const {
    Process::Options options{{"XDG_CACHE_HOME=" + (folder_ / "cache").string()}, std::move(before_exec)};
    options.environment.insert(options.environment.end(), environment.begin(), environment.end());
    return options;
  }

  /// What the tests of this process share and leave as it is: generated frames in the layout of CamVid, and runs.
  static const fs::path& shared() {
    static const TemporaryFolder folder;
    return folder.path();
  }
  std::string shared_data() const {
    const fs::path path = shared() / "my data";
    if (fs::exists(path)) return path.string();
    EXPECT_EQ(run("segdata", {"generate", "--layout", "camvid", "--output", path.string(), "--count", "30", "--size", "48x64"}).exit_code, 0);
    return path.string();
  }

  /// A copy of the frames, of this test alone.
  std::string data() const {
    const fs::path path = folder_ / "my data";
    if (!fs::exists(path)) fs::copy(shared_data(), path, fs::copy_options::recursive);
    return path.string();
  }

  std::vector<std::string> training(const std::string& run_dir, const std::string& recipe = "camvid_recall.yaml") const {
    return {"--config",  recipe,
            "--run-dir", (folder_ / run_dir).string(),
            "--device",  "cpu",
            "--set",     "data.root=" + data(),
            "--set",     "data.size=[48,48]",
            "--set",     "model.width=0.125",
            "--set",     "train.iterations=4",
            "--set",     "train.batch_size=2",
            "--set",     "train.val_interval=4"};
  }

  /// The same with further settings, which win.
  std::vector<std::string> training_with(const std::string& run_dir, const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments = training(run_dir);
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }

  fs::path checkpoints(const std::string& run_dir) const { return folder_ / run_dir / "checkpoints"; }

  // What metrics.jsonl of a run tells so far: its text, how often an event, and the newest one.
  std::string metrics(const std::string& run_dir) const {
    const fs::path file = folder_ / run_dir / "metrics.jsonl";
    return fs::exists(file) ? read_text(file) : "";
  }
  std::size_t count(const std::string& run_dir, const std::string& event) const {
    const std::string text = metrics(run_dir), wanted = "\"event\":\"" + event + "\"";
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
    return found;
  }
  std::string last_event(const std::string& run_dir) const {
    std::istringstream lines(metrics(run_dir));
    std::string last = "none";
    for (std::string line; std::getline(lines, line);) {
      const auto event = nlohmann::json::parse(line, nullptr, false);
      if (event.is_object()) last = event.at("event");
    }
    return last;
  }

  /// "weights: ..." from what segtrain printed.
  static std::string digest_of(const ProgramResult& result) { return result.out.substr(std::min(result.out.find("weights: "), result.out.size())); }

  TemporaryFolder folder_;
};

/// Whether the program ended as users are promised: this exit code, one line "error: ..." and one "hint: ...".
inline bool is_clear_error(const ProgramResult& result, int exit_code) {
  const std::size_t begin = result.err.find("error: ");
  return result.exit_code == exit_code && begin != std::string::npos && result.err.find("\nhint: ", begin) != std::string::npos &&
         result.err.find("internal", begin) == std::string::npos;
}

}  // namespace seg::test
