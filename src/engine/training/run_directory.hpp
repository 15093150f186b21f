// The folder of one run: where everything lies, who holds it, and where to go on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/files.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

class RunDirectory {
 public:
  /// Makes the folder and locks it. Throws kStorage where another process holds it.
  explicit RunDirectory(const fs::path& root);

  const fs::path& root() const { return paths_.root; }
  fs::path config_file() const { return paths_.config(); }
  fs::path log_file() const { return paths_.log(); }
  fs::path metrics_file() const { return paths_.metrics(); }
  fs::path tensorboard() const { return paths_.tensorboard(); }
  fs::path checkpoints() const { return paths_.checkpoints(); }
  fs::path step_file(std::int64_t iteration) const;
  fs::path last_file() const { return paths_.last(); }
  fs::path best_file() const { return paths_.best(); }
  fs::path bad_steps() const { return paths_.bad_steps(); }
  fs::path evaluation(const std::string& split) const { return paths_.evaluation(split).folder; }

  /// Whether a run was started here.
  bool holds_run() const { return fs::exists(config_file()); }
  /// Whether the run here has ended by itself: its last event says so.
  bool finished() const;
  /// The newest checkpoint whose digest is right; damaged ones are named in the log. Nothing where none was written.
  /// Throws kStorage where there are checkpoints and none is valid.
  std::optional<fs::path> newest_checkpoint() const;
  /// Puts checkpoints after `iteration` aside (as *.abandoned): a run that goes on from an earlier one leaves them behind.
  void set_aside_after(std::int64_t iteration) const;
  /// After `step_file(iteration)` was written: links last.safetensors to it and removes all but the newest `keep`.
  void publish(std::int64_t iteration, std::int64_t keep) const;

 private:
  std::vector<std::pair<std::int64_t, fs::path>> steps() const;  // newest first

  RunPaths paths_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace seg
