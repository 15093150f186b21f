// The program over many steps: memory and open files do not grow. tests/engine/soak_test.cpp makes more of them.
#include <algorithm>

#include "e2e/programs.hpp"
#include "support/fault.hpp"
#include "support/process_use.hpp"

namespace seg::test {
namespace {

class Soak : public Programs {};

TEST_F(Soak, MemoryAndOpenFilesStayFlat) {
  FaultRow row("soak");
  const int steps = tries(60, 2'000);
  const int interval = steps / 20;
  Process process(
      command("segtrain", training_with("run", {"train.iterations=" + std::to_string(steps), "train.val_interval=" + std::to_string(interval),
                                                "optimizer.type=sgd", "optimizer.sgd.momentum=0", "optimizer.lr=1e-6",
                                                "train.checkpoint_interval=" + std::to_string(5 * interval), "train.log_interval=1"})),
      with({}));
  const auto validations = [&] {
    const fs::path file = folder_ / "run/metrics.jsonl";
    const std::string text = fs::exists(file) ? read_text(file) : "";
    int count = 0;
    for (std::size_t at = text.find("\"validation\""); at != std::string::npos; at = text.find("\"validation\"", at + 1)) ++count;
    return count;
  };
  std::vector<ProcessUse> uses;  // after each twentieth, its validation and its checkpoint
  for (int part = 1; part < 20; ++part) {
    ASSERT_TRUE(wait_until([&] { return validations() >= part || !process.running(); }, 1800));
    uses.push_back(use_of(process.id()));
  }
  const ProgramResult result = process.wait(1800);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // From the second twentieth on: the largest against the first.
  double largest = 0;
  int files = 0;
  for (const ProcessUse& use : uses) {
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
