// One optimiser step, the same on every device and for any number of ranks: accumulate, decide, update or roll back.
//
// Whether a step counts is one bool tensor where the network is. Nothing here waits for the device, so that steps can follow each other without the
// host, and be recorded as a graph (recorded_step.hpp).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "device/compute.hpp"
#include "device/device_work.hpp"
#include "engine/run_config.hpp"
#include "engine/training/gradient_sum.hpp"
#include "losses/loss.hpp"
#include "models/model.hpp"
#include "optim/ema.hpp"
#include "optim/optimizer.hpp"
#include "ranks/communicator.hpp"

namespace seg {

/// What the parts of a step take: seconds, summed over the micro-batches, by the clock of the device that works on them. The host may be far ahead.
struct StepTimes {
  double input = 0.0;  // to the device, augmented there, normalised
  double forward = 0.0;
  double loss = 0.0;  // forward alone, with the main head's and the auxiliary head's share
  double backward = 0.0;
  double ranks = 0.0;   // waited for other ranks after backward
  double update = 0.0;  // clipping, optimiser, averaged weights
};

/// Notes in the device's queue when each part ended. It waits for nothing before it is asked.
class StepLaps {
 public:
  /// Notes nothing.
  StepLaps() = default;
  explicit StepLaps(torch::Device device) : device_(device), begin_(device) {}

  void end(double StepTimes::*part) {
    if (device_) ends_.emplace_back(part, EventTimer(*device_));
  }
  bool empty() const { return ends_.empty(); }
  StepTimes times() const;

 private:
  std::optional<torch::Device> device_;
  EventTimer begin_;
  std::vector<std::pair<double StepTimes::*, EventTimer>> ends_;
};

/// The statistics of the micro-batches of one step as those of one batch: pixels and errors are summed, so that recalls and IoUs are those of all
/// pixels; weights are the mean over the micro-batches that hold the class.
class ClassStatisticsSum {
 public:
  void add(const BatchClassStatistics& batch);
  BatchClassStatistics mean() const;

 private:
  BatchClassStatistics sum_;
  torch::Tensor used_;  // int64 [K]: micro-batches that hold the class
};

/// Adds `value`, if it is defined, to `sum`, which may be undefined yet.
void add_to(torch::Tensor& sum, const torch::Tensor& value);

/// All of it is where the network is.
struct StepInputs {
  std::vector<Batch> batches;   // micro-batches, this rank's part of each
  torch::Tensor learning_rate;  // float64 scalar
  torch::Tensor seed;         // int64 [1]: of what layers draw; the same on all ranks, since what is drawn is a hash of the place in the whole batch
  torch::Tensor stop_signal;  // float64 scalar: what this rank was asked to stop with, or 0
};

/// Likewise, so that no step waits for what is looked at now and then.
struct StepOutputs {
  torch::Tensor loss;               // float64 scalar: mean over the micro-batches of all ranks, the auxiliary head's share included
  torch::Tensor cross_entropy;      // float64 scalar: plain cross entropy of the main head, likewise
  torch::Tensor class_pixels;       // int64 [K]: valid pixels of each class of all ranks; 0 where the step is rolled back
  BatchClassStatistics statistics;  // of the main head: pixels and errors of all micro-batches, the mean of the weights used
  torch::Tensor decision;  // float64 [4]: loss, gradient norm before clipping, 1 where the step is kept, the signal some rank was asked to stop with
};

class TrainingStep {
 public:
  /// What a step works on; null where there is none. It must outlive the step.
  struct Parts {
    Model* model;
    Loss* loss;
    Loss* auxiliary_loss;
    const std::vector<ParameterGroup>* groups;
    Optimizer* optimizer;
    Ema* ema;
    GradientSum* gradient_sum;
  };

  TrainingStep(const RunConfig& config, const Compute& compute, const Communicator& ranks, const Parts& parts);

  /// Where it throws, such as for want of memory, all is as before. `laps` notes when the parts end.
  StepOutputs run(const StepInputs& inputs, StepLaps& laps) const;
  /// The operations alone, for what records them: where that throws, nothing has been done yet.
  StepOutputs operations(const StepInputs& inputs, StepLaps& laps) const;

 private:
  struct Sums {
    StepOutputs outputs;
    ClassStatisticsSum statistics;
  };

  /// What the ranks decide about a step together; scalars.
  struct Agreement {
    torch::Tensor kept;         // bool: all is finite
    torch::Tensor stop_signal;  // float64: 0, or what some were asked to stop with
  };

  class Rollback;

  Rollback rollback() const;
  StepOutputs attempt(const StepInputs& inputs, const Rollback& before, StepLaps& laps) const;
  /// Adds the gradients of one micro-batch, and its share of loss and cross entropy.
  void accumulate(const Batch& batch, double share, bool last, Sums& sums, StepLaps& laps) const;
  /// Clips and updates, or rolls back.
  void finish(const StepInputs& inputs, const Rollback& before, StepOutputs& outputs) const;
  /// From this rank's view that of all; loss, cross entropy and running statistics become those of all ranks.
  Agreement agree(const Agreement& own, StepOutputs& outputs) const;

  RunConfig config_;
  Compute compute_;
  Communicator ranks_;
  Communicator batch_norm_ranks_;
  Parts parts_;
};

}  // namespace seg
