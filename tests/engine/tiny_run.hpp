// A generated data set and a recipe small enough to train in a test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/run_config.hpp"
#include "support/support.hpp"
#include "synthesis/generate.hpp"

namespace seg::test {

/// 30 frames of 48x64 in the layout of CamVid below `folder`.
inline std::filesystem::path tiny_data(const TemporaryFolder& folder) {
  GenerateOptions options;
  options.layout = "camvid";
  options.output = folder / "data";
  options.count = 30;
  options.size = {48, 64};
  generate_dataset(options);
  return options.output;
}

/// Six steps on it with everything that has a state: Adam, averaged weights, smoothed recall.
inline std::vector<std::string> tiny_overrides(const std::filesystem::path& data) {
  return {"data.root=" + data.string(), "data.size=[48, 48]",   "model.width=0.125",    "train.iterations=6",           "train.batch_size=2",
          "train.accumulate=2",         "train.ema=0.9",        "train.val_interval=3", "train.checkpoint_interval=2",  "train.keep=9",
          "train.deterministic=true",   "train.log_interval=1", "train.threads=2",      "loss.error_rate.momentum=0.9", "data.workers=2"};
}

inline RunConfig tiny_config(const std::filesystem::path& data) { return load_run_config("camvid_recall.yaml", tiny_overrides(data)); }

}  // namespace seg::test
