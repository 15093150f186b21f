// A day of training in miniature: the whole loop with a network of one layer, for thousands of steps.
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/one_layer.hpp"
#include "engine/tiny_run.hpp"
#include "engine/training/run_directory.hpp"
#include "engine/training/trainer.hpp"
#include "report/run/metrics_log.hpp"
#include "support/fault.hpp"
#include "support/process_use.hpp"

namespace seg {
namespace {

/// Passes events on, and looks at this process after each validation.
class Watch : public Reporter {
 public:
  explicit Watch(Reporter& next) : next_(next) {}
  void report(const Event& event) override {
    next_.report(event);
    if (event.kind == EventKind::kValidation) uses.push_back(test::use_of(getpid()));
  }
  std::vector<test::ProcessUse> uses;

 private:
  Reporter& next_;
};

TEST(Soak, MemoryAndOpenFilesStayFlatOverManySteps) {
  test::FaultRow row("soak");
  const test::TemporaryFolder folder;
  const int steps = test::tries(400, 20'000);
  std::vector<std::string> settings = test::tiny_overrides(test::tiny_data(folder));
  for (const std::string& setting : {"train.iterations=" + std::to_string(steps), "train.val_interval=" + std::to_string(steps / 40),
                                     "train.checkpoint_interval=" + std::to_string(steps / 80), std::string("train.keep=2"),
                                     std::string("train.accumulate=1"), std::string("train.ema=0")})
    settings.push_back(setting);
  const Experiment experiment = test::with_one_layer(*build_experiment(load_run_config("camvid_recall.yaml", settings), "cpu"));
  const RunDirectory directory(folder / "run");
  JsonLinesReporter file(directory.paths().metrics());
  Watch watch(file);
  ASSERT_EQ(Trainer(experiment, &directory, watch).run(std::nullopt), 0);

  ASSERT_EQ(watch.uses.size(), 40u);
  const test::ProcessUse& first = watch.uses[1];  // after the first twentieth
  double megabytes = 0;
  int files = 0;
  std::string course;  // for the message
  for (std::size_t i = 2; i < watch.uses.size(); ++i) {
    megabytes = std::max(megabytes, watch.uses[i].megabytes);
    files = std::max(files, watch.uses[i].files);
    course += " " + std::to_string(std::lround(watch.uses[i].megabytes));
  }
  RecordProperty("steps", steps);
  RecordProperty("megabytes_after_a_twentieth", static_cast<int>(first.megabytes));
  RecordProperty("megabytes_most", static_cast<int>(megabytes));
  EXPECT_TRUE(row.tried(megabytes < 1.03 * first.megabytes + 4 && files <= first.files))
      << first.megabytes << " MB, then" << course << "; " << first.files << " files, then up to " << files;
}

}  // namespace
}  // namespace seg
