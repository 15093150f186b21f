// The state of a training, which a checkpoint saves: the network, its losses, the optimiser and the averaged weights.
//
// On CUDA steps are asynchronous: step() waits for nothing. With train.cuda_graph, a step is recorded as a CUDA graph after the first few steps and
// replayed from then on; why_not_recorded says when that is not possible.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "device/compute.hpp"
#include "device/device_work.hpp"
#include "engine/run_config.hpp"
#include "engine/training/recorded_step.hpp"
#include "engine/training/training_step.hpp"

namespace seg {

/// Whether a step measures the times of its parts. Such a step is launched operation by operation.
enum class StepTiming { kWhole, kParts };

/// The tensors are on the learner's device.
struct StepResult : StepOutputs {
  double learning_rate = 0.0;
  StepLaps laps;     // of kParts
  HostCopy outcome;  // the decision, being copied to the host

  // These wait for the step. They return the same on all ranks.
  double loss_value() const { return outcome.wait()[0].item<double>(); }
  double gradient_norm() const { return outcome.wait()[1].item<double>(); }  // before clipping
  /// Whether loss, gradients and running statistics of all ranks are finite. If not, the step changed nothing.
  bool finite() const { return outcome.wait()[2].item<double>() != 0.0; }
  /// The stop signal that some rank received, or 0.
  int stop_signal() const { return outcome.wait()[3].item<int>(); }
};

class Learner {
 public:
  struct Losses {
    std::unique_ptr<Loss> main;
    std::unique_ptr<Loss> auxiliary;  // null unless the model has an auxiliary head
  };

  /// `model` is on compute.device; `iterations` is the length of the whole run, on which the learning rate depends; `fresh`: see make_groups;
  /// `ranks`: the processes that train together, starting from the same weights.
  Learner(const RunConfig& config, std::int64_t iterations, Compute compute, std::shared_ptr<Model> model, Losses losses,
          const std::set<std::string>& fresh = {}, const Communicator& ranks = {});
  ~Learner();

  /// One optimiser step: forward and backward over the micro-batches (this rank's part of each), clipping, update, averaging. `iteration` is the
  /// number of steps already made; it and train.seed determine the random numbers of the layers. stop_signal: the signal this rank received, or 0.
  /// A label out of range makes the loss NaN where the check would have to wait for the device, and throws kData elsewhere.
  StepResult step(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing = StepTiming::kWhole, int stop_signal = 0);

  /// "model.*" weights and buffers, "optimizer.*", "loss.*" and "aux_loss.*" smoothed recalls or IoUs, "ema.*" averaged weights. The tensors are not
  /// copies: the next step changes them.
  State state() const;
  /// Throws kStorage if a name, shape or type does not match.
  void load(const State& state);

  /// The weights to evaluate and save as best: the averaged weights if there are any (copies), else those of the model (not copies).
  State averaged() const;
  /// The model holds these weights as long as the returned object exists; null if they are the model's own weights.
  std::unique_ptr<AveragedWeights> hold_averaged() const;

  Model& model() const { return *model_; }

 private:
  /// Copies the micro-batches to the device, augments them there, and adds the other inputs of a step.
  StepInputs inputs_of(const std::vector<Batch>& micro_batches, std::int64_t iteration, int stop_signal) const;
  double learning_rate_at(std::int64_t iteration) const;

  RunConfig config_;
  std::int64_t iterations_;
  Compute compute_;
  Communicator ranks_;
  std::shared_ptr<Model> model_;
  Losses losses_;
  // A stream that can be recorded (the default stream cannot), and one that copies the next batch while the device computes.
  DeviceStream stream_, uploads_;
  std::vector<ParameterGroup> groups_;
  Optimizer optimizer_;
  std::unique_ptr<Ema> ema_;                   // null if train.ema is 0
  std::unique_ptr<GradientSum> gradient_sum_;  // null for one process
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<RecordedStep> recorded_;  // null if steps are not recorded
};

}  // namespace seg
