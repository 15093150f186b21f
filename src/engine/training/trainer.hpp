// The training loop: steps, progress, validation, checkpoints, stopping and going on.
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
  /// All three must outlive the trainer. directory: null on ranks that write nothing, all but the first.
  Trainer(const Experiment& experiment, const RunDirectory* directory, Reporter& reporter);

  /// Trains from the checkpoint, whose tensors the learner holds already, or from the start, to the end. Returns the exit code:
  /// 0, or 128 + signal after saving. Throws kNonFinite after train.max_bad_steps bad steps in a row; kData, kStorage, kMemory as
  /// they come.
  int run(const std::optional<Checkpoint>& from);

  /// The weights that are evaluated and kept as best, digested: equal digests, equal weights.
  std::string weights_digest() const;

 private:
  /// What progress lines are computed from: counted since the last line.
  struct Window {
    std::chrono::steady_clock::time_point begin;
    double waiting = 0.0;  // seconds
    std::int64_t steps = 0;
  };

  /// How many steps may be under way where they are asynchronous; their batches are kept.
  static constexpr std::size_t kMostPending = 8;

  /// A step whose outcome has not been looked at.
  struct Pending {
    std::int64_t iteration;  // after it
    std::vector<Batch> batches;
    StepResult result;
  };

  /// Of one validation.
  struct Validation {
    SplitReport report;
    double score;  // the one that train.best names
    bool best;     // so far
  };

  /// To the last iteration or to a signal, which is returned.
  int train(DataLoader& loader);
  /// The signal that asked to stop, or 0: the same on all ranks, at the same step.
  int stopped() const;
  void step(DataLoader& loader);
  /// The micro-batches of the next step.
  std::vector<Batch> next_batches(DataLoader& loader);
  /// What their labels say: throws kData for one out of range, and warns where there is none.
  void look_at_labels(const std::vector<Batch>& batches);
  /// Looks at the outcomes of the steps that are done; of all with kAll, which waits for the device, and where too many are under way. Several
  /// ranks look at the same step after the same number of others, so that all stop at the same one.
  enum class Wanted { kDone, kAll };
  void settle(Wanted wanted);
  void count_bad_step(const StepResult& result, const std::vector<Batch>& batches, std::int64_t iteration);
  void report_progress(const StepResult& result);
  /// With the weights that are kept as best; pictures are drawn where they are the best so far. Nothing if a signal asked to stop.
  std::optional<Validation> evaluate_val() const;
  bool validation_due() const;
  bool checkpoint_due() const;
  /// False if a signal asked to stop meanwhile; nothing is recorded then.
  bool validate();
  bool is_best(const SplitReport& validation, double score) const;
  /// The report of the newest best validation, where it is not written yet. A full disk does not end the run.
  void write_report();
  /// report.html from what the directory holds. No failure of it ends the run.
  void write_page();
  void report_skipped(const std::vector<std::string>& messages);
  /// [K] pixels of each class in the batches that were learnt from; empty before the first.
  std::vector<std::int64_t> class_pixels() const;
  /// A checkpoint of this iteration with these scores, without its tensors.
  Checkpoint labelled(const std::string& scores) const;
  void keep_best(const std::string& scores);
  void save();
  /// Throws kInternal where ranks have come to differ.
  void check_ranks_equal() const;
  int finish(int signal);

  const Experiment& experiment_;
  const RunDirectory* directory_;
  Reporter& reporter_;
  std::int64_t iteration_ = 0;  // optimiser steps done
  std::int64_t saved_iteration_ = -1;
  std::deque<Pending> pending_;
  std::int64_t bad_steps_ = 0;  // in a row
  std::optional<BestScore> best_;
  torch::Tensor class_pixels_;            // int64 [K] on the device; undefined before the first step
  std::string scores_;                    // of the validation at this very iteration
  std::optional<SplitReport> unwritten_;  // the report still to be written
  std::int64_t failed_reports_ = 0;
  bool told_failed_page_ = false;
  bool told_unlabelled_ = false;
  int agreed_stop_ = 0;  // of all ranks, as of the last step or validation
  Window window_;
};

/// How the loader feeds a run from `iteration` on.
LoaderOptions training_loader(const Experiment& experiment, std::int64_t iteration);

}  // namespace seg
