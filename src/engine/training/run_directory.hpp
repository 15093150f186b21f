// The folder of one run: its files, its lock, and the checkpoint to resume from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/files.hpp"
#include "core/types.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

struct StepResult;

class RunDirectory {
 public:
  /// Creates the folder and locks it. Throws kStorage if another process holds the lock.
  explicit RunDirectory(const fs::path& root);

  const RunPaths& paths() const { return paths_; }
  fs::path step_file(std::int64_t iteration) const;

  /// Whether a run was started in this folder.
  bool holds_run() const { return fs::exists(paths_.config()); }
  /// Whether the run is finished, according to its last event.
  bool finished() const;
  /// The newest checkpoint whose digest is correct; damaged ones are logged. Nothing if no checkpoint was written.
  /// Throws kStorage if there are checkpoints but none is valid.
  std::optional<fs::path> newest_checkpoint() const;
  /// Renames checkpoints after `iteration` to *.abandoned: a run that resumes from an earlier checkpoint does not need them.
  void set_aside_after(std::int64_t iteration) const;
  /// Call after `step_file(iteration)` was written: links last.safetensors to it and removes all checkpoints except the newest `keep`.
  void publish(std::int64_t iteration, std::int64_t keep) const;
  /// Saves the batch of a step with a non-finite loss or gradient, to inspect it or try it again.
  /// File bad_steps/step-N.safetensors: "images.M" u8 [N,H,W,3] and "labels.M" u8 [N,H,W] of micro-batch M as the loader returned them (with
  /// augment.device: gpu, before flip, colour jitter and blur); metadata: ids (JSON, a list per micro-batch), loss, gradient_norm. At most five files
  /// per run are written, for the first bad steps. A failed write is only logged. Returns whether the file was written.
  bool keep_bad_step(std::int64_t iteration, const std::vector<Batch>& batches, const StepResult& result) const;

 private:
  std::vector<std::pair<std::int64_t, fs::path>> steps() const;  // newest first

  RunPaths paths_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace seg
