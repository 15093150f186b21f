// What a run trains and a checkpoint continues: the network, its losses, the optimiser and the averaged weights.
//
// On CUDA the host runs ahead of the device: nothing of a step is waited for, whether it is finite is decided there, and a step that is not is undone
// there. Where train.cuda_graph asks for it, the whole is recorded as a CUDA graph after a few steps and launched at once from then on; what is not
// recorded says why_not_recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "core/compute.hpp"
#include "core/device_work.hpp"
#include "engine/run_config.hpp"
#include "engine/training/gradient_sum.hpp"
#include "engine/training/step_times.hpp"
#include "engine/training/undo.hpp"
#include "losses/loss.hpp"
#include "models/model.hpp"
#include "ops/batch_part.hpp"
#include "optim/ema.hpp"
#include "optim/optimizer.hpp"

namespace seg {

/// Whether a step on CUDA notes the times of its parts; on the CPU, where that costs nothing, each does.
enum class StepTiming { kWhole, kParts };

/// Tensors are on the learner's device, so that no step waits for what is looked at now and then.
struct StepResult {
  torch::Tensor loss;           // float64 scalar: mean over the micro-batches of all ranks, the auxiliary head's share included
  torch::Tensor cross_entropy;  // float64 scalar: plain cross entropy of the main head, likewise
  torch::Tensor class_pixels;   // int64 [K]: valid pixels of each class of all ranks; 0 or undefined where the step is taken back
  ClassReadings readings;       // of the main head: pixels and errors of all micro-batches, the mean of the weights used
  double learning_rate = 0.0;
  StepLaps laps;     // none on CUDA unless it was to note them
  HostCopy outcome;  // float64 [4], on its way to the host: loss, gradient norm, 1 where the step is kept, stop_signal()

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
  /// steps already made; dropout is reseeded from (train.seed, iteration, micro-step), where the host runs ahead from (train.seed, iteration).
  /// stop_signal: this rank was asked to stop with it. Throws kData for a label out of range; where the host runs ahead of the device, the loss is
  /// NaN instead.
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
  class Step;
  struct Ahead;

  StepResult step_ahead(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing, int stop_signal);
  Undo undo() const;
  /// What `work` gives; where it throws, such as for want of memory, all is as before.
  StepResult with_undo(const std::function<StepResult(const Undo& before)>& work);
  std::uint64_t seed_at(std::int64_t iteration, std::uint64_t micro) const;
  double learning_rate_at(std::int64_t iteration) const;

  RunConfig config_;
  std::int64_t iterations_;
  Compute compute_;
  Communicator ranks_;
  BatchPart part_;
  std::shared_ptr<Model> model_;
  Losses losses_;
  std::vector<ParameterGroup> groups_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;                   // null where train.ema is 0
  std::unique_ptr<GradientSum> gradient_sum_;  // null for one process
  std::unique_ptr<Ahead> ahead_;               // null where the host waits for each step
};

}  // namespace seg
