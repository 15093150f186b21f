// What segtrain does, without its command line.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "engine/run_config.hpp"

namespace seg {

struct TrainCommand {
  std::string config;
  std::vector<std::string> overrides;  // "key=value"
  std::filesystem::path run_dir;       // empty: runs/NAME
  std::string resume = "never";        // "auto", "never" or a checkpoint file
  std::string device = "auto";
  bool print_config = false;
  bool dry_run = false;
};

/// Returns the exit code; results go to `out`, the log to stderr and the run directory. Throws Error.
int train(const TrainCommand& command, std::ostream& out);

}  // namespace seg
