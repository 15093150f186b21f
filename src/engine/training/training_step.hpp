// One optimiser step, the same on every device and for any number of ranks: accumulate, decide, update or roll back.
//
// Whether a step counts is one bool tensor where the network is. Nothing here waits for the device, so that steps can follow each other without the
// host, and be recorded as a graph (recorded_step.hpp).
#pragma once

#include <vector>

#include "device/compute.hpp"
#include "engine/run_config.hpp"
#include "engine/training/class_statistics_sum.hpp"
#include "engine/training/gradient_sum.hpp"
#include "engine/training/rollback.hpp"
#include "engine/training/step_times.hpp"
#include "optim/ema.hpp"
#include "optim/optimizer.hpp"
#include "ranks/communicator.hpp"

namespace seg {

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

  Rollback rollback() const { return {*parts_.model, {parts_.loss, parts_.auxiliary_loss}}; }
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
