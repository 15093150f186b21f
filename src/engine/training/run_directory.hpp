// The folder of one run: where everything lies, who holds it, and where to go on.
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
  /// Makes the folder and locks it. Throws kStorage where another process holds it.
  explicit RunDirectory(const fs::path& root);

  const RunPaths& paths() const { return paths_; }
  fs::path step_file(std::int64_t iteration) const;

  /// Whether a run was started here.
  bool holds_run() const { return fs::exists(paths_.config()); }
  /// Whether the run here has ended by itself: its last event says so.
  bool finished() const;
  /// The newest checkpoint whose digest is right; damaged ones are named in the log. Nothing where none was written.
  /// Throws kStorage where there are checkpoints and none is valid.
  std::optional<fs::path> newest_checkpoint() const;
  /// Puts checkpoints after `iteration` aside (as *.abandoned): a run that goes on from an earlier one leaves them behind.
  void set_aside_after(std::int64_t iteration) const;
  /// After `step_file(iteration)` was written: links last.safetensors to it and removes all but the newest `keep`.
  void publish(std::int64_t iteration, std::int64_t keep) const;
  /// Keeps the batch of a step whose loss or gradients were not finite, to look at and to try again.
  /// In bad_steps/step-N.safetensors: "images.M" u8 [N,H,W,3] and "labels.M" u8 [N,H,W] of micro-batch M as the loader gave them, which with
  /// augment.device: gpu is before flip, colour jitter and blur; metadata: ids (JSON, a list a micro-batch), loss, gradient_norm. At most five files
  /// a run are kept: the first ones tell most. A file that cannot be written is warned about. Returns whether it was written.
  bool keep_bad_step(std::int64_t iteration, const std::vector<Batch>& batches, const StepResult& result) const;

 private:
  std::vector<std::pair<std::int64_t, fs::path>> steps() const;  // newest first

  RunPaths paths_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace seg
