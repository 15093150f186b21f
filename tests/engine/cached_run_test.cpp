#include <gmock/gmock.h>

#include <sstream>

#include "engine/commands/train_command.hpp"
#include "engine/tiny_run.hpp"

namespace seg {
namespace {

/// What a run of one step and a validation prints last: the digest of its weights.
std::string weights_after(const test::TemporaryFolder& folder, const std::filesystem::path& data, const std::string& run, const std::string& cache) {
  TrainCommand command;
  command.config = "camvid_recall.yaml";
  command.overrides = test::tiny_overrides(data);
  for (const char* change : {"train.iterations=1", "train.accumulate=1", "train.ema=0", "optimizer.type=sgd", "augment.crop=false"})
    command.overrides.emplace_back(change);
  command.overrides.push_back("data.cache=" + cache);
  command.overrides.push_back("data.cache_dir=" + (folder / "cache").string());
  command.run_dir = folder / run;
  command.resume = "never";
  command.device = "cpu";
  std::ostringstream out;
  EXPECT_EQ(train(command, out), 0);
  return out.str().substr(out.str().find("weights: "));
}

TEST(CachedRun, HasTheSameWeightsAsOneWithoutACache) {
  const test::TemporaryFolder folder;
  const auto data = test::tiny_data(folder);
  const std::string expected = weights_after(folder, data, "none", "none");
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
  EXPECT_EQ(weights_after(folder, data, "disk", "disk"), expected);
  EXPECT_FALSE(std::filesystem::is_empty(folder / "cache"));
}

}  // namespace
}  // namespace seg
