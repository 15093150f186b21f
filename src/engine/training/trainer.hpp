// The training loop: steps, progress, validation, checkpoints, stopping and resuming.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "data/loader.hpp"
#include "engine/checkpoints/checkpoint.hpp"
#include "engine/evaluation/split_report.hpp"
#include "engine/training/experiment.hpp"
#include "engine/training/run_directory.hpp"
#include "report/run/events.hpp"

namespace seg {

class Trainer {
 public:
  /// All three must outlive the trainer. directory: null on all ranks except the first, because only that one writes.
  Trainer(const Experiment& experiment, const RunDirectory* directory, Reporter& reporter);

  /// Trains to the end, from the start or from the checkpoint, whose tensors the learner already holds. Returns the exit code: 0, or 128 + signal
  /// after saving. Throws kNonFinite after train.max_bad_steps consecutive bad steps; passes on kData, kStorage and kMemory.
  int run(const std::optional<Checkpoint>& from);

  /// Digest of the weights that are evaluated and saved as best: equal digests mean equal weights.
  std::string weights_digest() const;

 private:
  /// Counts since the last progress line, from which the next is computed.
  struct Window {
    std::chrono::steady_clock::time_point begin;
    double waiting = 0.0;  // seconds
    std::int64_t steps = 0;
  };

  /// How many asynchronous steps may be in progress; their batches are kept.
  static constexpr std::size_t kMostPending = 8;

  /// A step whose outcome has not been read yet.
  struct Pending {
    std::int64_t iteration;  // iteration count after the step
    std::vector<Batch> batches;
    StepResult result;
  };

  /// The result of one validation.
  struct Validation {
    SplitReport report;
    double score;  // the score named by train.best
    bool best;     // whether it is the best so far
  };

  /// Trains until the last iteration or a signal; returns the signal, or 0.
  int train(DataLoader& loader);
  /// The stop signal, or 0: the same on all ranks, at the same step.
  int stopped() const;
  void step(DataLoader& loader);
  /// The micro-batches of the next step.
  std::vector<Batch> next_batches(DataLoader& loader);
  /// Checks the labels: throws kData for a label out of range, warns if all pixels are ignored.
  void look_at_labels(const std::vector<Batch>& batches);
  /// Reads the outcomes of the finished steps. With kAll, or if too many steps are in progress, waits for the device. All ranks read the outcome of a
  /// step after the same number of other steps, so that all stop at the same step.
  enum class Wanted { kDone, kAll };
  void settle(Wanted wanted);
  void count_bad_step(const StepResult& result, const std::vector<Batch>& batches, std::int64_t iteration);
  void report_progress(const StepResult& result);
  /// Validates the weights that may be saved as best; draws pictures if they are the best so far. Nothing if a stop signal came.
  std::optional<Validation> evaluate_val() const;
  bool validation_due() const;
  bool checkpoint_due() const;
  /// Returns false, and records nothing, if a stop signal came in the meantime.
  bool validate();
  bool is_best(const SplitReport& validation, double score) const;
  /// Writes the report of the newest best validation, if it is not written yet. A full disk does not end the run.
  void write_report();
  /// Writes report.html from the files in the directory. A failure does not end the run.
  void write_page();
  void report_skipped(const std::vector<std::string>& messages);
  /// [K] pixels of each class in the training batches so far; empty before the first.
  std::vector<std::int64_t> class_pixels() const;
  /// A checkpoint of this iteration with these scores, but without tensors.
  Checkpoint labelled(const std::string& scores) const;
  void keep_best(const std::string& scores);
  void save();
  /// Throws kInternal if the weights of the ranks differ.
  void check_ranks_equal() const;
  int finish(int signal);

  const Experiment& experiment_;
  const RunDirectory* directory_;
  Reporter& reporter_;
  std::int64_t iteration_ = 0;  // optimiser steps done
  std::int64_t saved_iteration_ = -1;
  std::deque<Pending> pending_;
  std::int64_t bad_steps_ = 0;  // consecutive
  std::optional<BestScore> best_;
  torch::Tensor class_pixels_;            // int64 [K] on the device; undefined before the first step
  std::string scores_;                    // of the validation at this iteration
  std::optional<SplitReport> unwritten_;  // the report that is not written yet
  std::int64_t failed_reports_ = 0;
  bool told_failed_page_ = false;
  bool told_unlabelled_ = false;
  int agreed_stop_ = 0;  // agreed by all ranks in the last step or validation
  Window window_;
};

/// Loader options for a run that starts at `iteration`.
LoaderOptions training_loader(const Experiment& experiment, std::int64_t iteration);

}  // namespace seg
