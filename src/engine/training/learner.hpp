// What a run trains and a checkpoint continues: the network, its losses, the optimiser and the averaged weights.
//
// On CUDA steps are asynchronous: nothing of one is waited for. Where train.cuda_graph asks for it, steps are recorded as a CUDA graph
// after a few and launched at once from then on; what is not recorded says why_not_recorded.
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

/// Whether a step notes the times of its parts; one that does is launched operation by operation.
enum class StepTiming { kWhole, kParts };

/// The tensors are on the learner's device.
struct StepResult : StepOutputs {
  double learning_rate = 0.0;
  StepLaps laps;     // of kParts
  HostCopy outcome;  // the decision, on its way to the host

  // These wait for the step; they are the same on all ranks.
  double loss_value() const { return outcome.wait()[0].item<double>(); }
  double gradient_norm() const { return outcome.wait()[1].item<double>(); }  // before clipping
  /// Loss, gradients and running statistics of all ranks are; else the step left nothing behind.
  bool finite() const { return outcome.wait()[2].item<double>() != 0.0; }
  /// The signal that some rank was asked to stop with.
  int stop_signal() const { return outcome.wait()[3].item<int>(); }
};

class Learner {
 public:
  struct Losses {
    std::unique_ptr<Loss> main;
    std::unique_ptr<Loss> auxiliary;  // null unless the model has an auxiliary head
  };

  /// `model` is on compute.device; `iterations` is the length of the whole run, which the learning rate follows; `fresh`: see make_groups; `ranks`:
  /// who learns together, from the same weights on.
  Learner(const RunConfig& config, std::int64_t iterations, Compute compute, std::shared_ptr<Model> model, Losses losses,
          const std::set<std::string>& fresh = {}, const Communicator& ranks = {});
  ~Learner();

  /// One optimiser step: forward and backward over the micro-batches (this rank's part of each), clipping, update, averaging. `iteration` counts the
  /// steps already made; what layers draw follows from it and train.seed. stop_signal: this rank was asked to stop with it. A label out of range
  /// makes the loss NaN where finding it would have to be waited for, and throws kData elsewhere.
  StepResult step(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing = StepTiming::kWhole, int stop_signal = 0);

  /// "model.*" weights and buffers, "optimizer.*", "loss.*" and "aux_loss.*" smoothed recalls or IoUs, "ema.*" averaged weights. The tensors are the
  /// live ones: copy what must outlive the next step.
  State state() const;
  /// Throws kStorage where a name, shape or type does not fit.
  void load(const State& state);

  /// The weights that are evaluated and kept as best: the averaged ones where there are any (copies), else the model's (live).
  State averaged() const;
  /// While it lives, the model holds these weights; null where they are its own.
  std::unique_ptr<AveragedWeights> hold_averaged() const;

  Model& model() const { return *model_; }

 private:
  /// The micro-batches on their way to the device, changed there, and what else a step reads.
  StepInputs inputs_of(const std::vector<Batch>& micro_batches, std::int64_t iteration, int stop_signal) const;
  double learning_rate_at(std::int64_t iteration) const;

  RunConfig config_;
  std::int64_t iterations_;
  Compute compute_;
  Communicator ranks_;
  std::shared_ptr<Model> model_;
  Losses losses_;
  // A queue that can be recorded, which the default one cannot; and one for the next batch, which travels while the device computes.
  DeviceStream stream_, uploads_;
  std::vector<ParameterGroup> groups_;
  Optimizer optimizer_;
  std::unique_ptr<Ema> ema_;                   // null where train.ema is 0
  std::unique_ptr<GradientSum> gradient_sum_;  // null for one process
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<RecordedStep> recorded_;  // null where steps are not recorded
};

}  // namespace seg
