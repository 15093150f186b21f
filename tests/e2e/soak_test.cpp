// A day of training in miniature: memory and open files do not grow.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

/// Resident memory in MB and open files of a process, now.
struct Use {
  double megabytes = 0;
  int files = 0;
};

Use use_of(pid_t process) {
  Use use;
  std::error_code error;
  const fs::path folder = "/proc/" + std::to_string(process);
  std::istringstream status(fs::exists(folder / "status", error) ? read_text(folder / "status") : "");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) use.megabytes = std::stod(line.substr(6)) / 1024;
  for (fs::directory_iterator it(folder / "fd", error), end; !error && it != end; it.increment(error)) ++use.files;
  return use;
}

class Soak : public Programs {};

TEST_F(Soak, MemoryAndOpenFilesStayFlat) {
  FaultRow row("soak");
  const int steps = tries(200, 20'000);
  const int interval = steps / 20;
  Process process(
      command("segtrain", training_with("run", {"train.iterations=" + std::to_string(steps), "train.val_interval=" + std::to_string(interval),
                                                "data.size=[16,16]", "optimizer.type=sgd", "optimizer.sgd.momentum=0",
                                                "train.checkpoint_interval=" + std::to_string(interval), "train.log_interval=1"})),
      with({}));
  const auto validations = [&] {
    const fs::path file = folder_ / "run/metrics.jsonl";
    const std::string text = fs::exists(file) ? read_text(file) : "";
    int count = 0;
    for (std::size_t at = text.find("\"validation\""); at != std::string::npos; at = text.find("\"validation\"", at + 1)) ++count;
    return count;
  };
  std::vector<Use> uses;  // after each twentieth, its validation and its checkpoint
  for (int part = 1; part < 20; ++part) {
    ASSERT_TRUE(wait_until([&] { return validations() >= part || !process.running(); }, 1800));
    uses.push_back(use_of(process.id()));
  }
  const ProgramResult result = process.wait(1800);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // From the second twentieth on: the largest against the first.
  double largest = 0;
  int files = 0;
  for (const Use& use : uses) {
    largest = std::max(largest, use.megabytes);
    files = std::max(files, use.files);
  }
  const double grown = largest / uses[1].megabytes;
  RecordProperty("steps", steps);
  RecordProperty("megabytes_first", static_cast<int>(uses[1].megabytes));
  RecordProperty("megabytes_largest", static_cast<int>(largest));
  RecordProperty("files_largest", files);
  EXPECT_TRUE(row.tried(grown < 1.05 && files <= uses[1].files + 2))
      << "from " << uses[1].megabytes << " MB to " << largest << " MB, files from " << uses[1].files << " to " << files;
}

}  // namespace
}  // namespace seg::test
