// One optimiser step, the same on every device and for any number of ranks: accumulate, decide, update or roll back.
//
// One bool tensor on the network's device decides whether a step is kept. Nothing in this file waits for the device, so that steps can follow each
// other without the host, and can be recorded as a graph (recorded_step.hpp).
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

/// The times of the parts of a step: seconds, summed over the micro-batches, by the clock of the device. The host may be far ahead of it.
struct StepTimes {
  double input = 0.0;  // copy to the device, augmentation there, normalisation
  double forward = 0.0;
  double loss = 0.0;  // forward pass of the loss, for the main head and the auxiliary head
  double backward = 0.0;
  double ranks = 0.0;   // time spent waiting for other ranks after backward
  double update = 0.0;  // clipping, optimiser, averaged weights
};

/// Records in the device's queue when each part ended. It waits for the device only when the times are read.
class StepLaps {
 public:
  /// Records nothing.
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

/// Joins the class statistics of the micro-batches of one step: pixels and errors are summed, so that recalls and IoUs are those of all pixels;
/// weights are the mean over the micro-batches that contain the class.
class ClassStatisticsSum {
 public:
  void add(const BatchClassStatistics& batch);
  BatchClassStatistics mean() const;

 private:
  BatchClassStatistics sum_;
  torch::Tensor used_;  // int64 [K]: micro-batches that contain the class
};

/// Adds `value`, if it is defined, to `sum`, which may still be undefined.
void add_to(torch::Tensor& sum, const torch::Tensor& value);

/// The inputs of a step, all on the network's device.
struct StepInputs {
  std::vector<Batch> batches;   // micro-batches, this rank's part of each
  torch::Tensor learning_rate;  // float64 scalar
  torch::Tensor seed;           // int64 [1]: seed of the layers; the same on all ranks: random numbers are a hash of the position in the whole batch
  torch::Tensor stop_signal;    // float64 scalar: the stop signal that this rank received, or 0
};

/// The outputs of a step, also on the network's device, so that no step waits for values that are read only now and then.
struct StepOutputs {
  torch::Tensor loss;               // float64 scalar: mean over the micro-batches of all ranks, including the auxiliary head
  torch::Tensor cross_entropy;      // float64 scalar: plain cross entropy of the main head, the same mean
  torch::Tensor class_pixels;       // int64 [K]: valid pixels of each class on all ranks; 0 if the step is rolled back
  BatchClassStatistics statistics;  // of the main head: pixels and errors of all micro-batches, the mean of the weights used
  torch::Tensor decision;           // float64 [4]: loss, gradient norm before clipping, 1 if the step is kept, the stop signal of some rank or 0
};

class TrainingStep {
 public:
  /// The objects that a step works on; null if there is none. They must outlive the step.
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

  /// If it throws, for example because memory runs out, nothing has changed. `laps` records when the parts end.
  StepOutputs run(const StepInputs& inputs, StepLaps& laps) const;
  /// Only the operations, for recording: if that throws, nothing has been done yet.
  StepOutputs operations(const StepInputs& inputs, StepLaps& laps) const;

 private:
  struct Sums {
    StepOutputs outputs;
    ClassStatisticsSum statistics;
  };

  /// The common decision of the ranks about a step; scalars.
  struct Agreement {
    torch::Tensor kept;         // bool: everything is finite
    torch::Tensor stop_signal;  // float64: 0, or the stop signal of some rank
  };

  class Rollback;

  Rollback rollback() const;
  StepOutputs attempt(const StepInputs& inputs, const Rollback& before, StepLaps& laps) const;
  /// Adds the gradients of one micro-batch and its share of loss and cross entropy.
  void accumulate(const Batch& batch, double share, bool last, Sums& sums, StepLaps& laps) const;
  /// Clips and updates, or rolls back.
  void finish(const StepInputs& inputs, const Rollback& before, StepOutputs& outputs) const;
  /// Combines the decisions of all ranks. Loss, cross entropy and running statistics become those of all ranks.
  Agreement agree(const Agreement& own, StepOutputs& outputs) const;

  RunConfig config_;
  Compute compute_;
  Communicator ranks_;
  Communicator batch_norm_ranks_;
  Parts parts_;
};

}  // namespace seg
