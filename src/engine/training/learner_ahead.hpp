// Steps that the host does not wait for, on CUDA: launched one by one at first, then recorded and launched as a whole.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/training/learner.hpp"

namespace seg {

/// What a step reads and writes at places that stay, so that it can be recorded. Steps run in a stream of their own, since the default one cannot be
/// recorded, from the first one on, since autograd keeps to the stream that it has seen.
struct Learner::Ahead {
  explicit Ahead(const Compute& compute)
      : stream(compute.device),
        uploads(compute.device),
        learning_rate(torch::zeros({}, torch::TensorOptions(compute.device))),
        seed(torch::zeros({1}, torch::TensorOptions(compute.device).dtype(torch::kInt64))),
        stop_signal(torch::zeros({}, torch::TensorOptions(compute.device).dtype(torch::kDouble))),
        outcome(torch::zeros({4}, torch::TensorOptions(compute.device).dtype(torch::kDouble))) {}

  /// Brings the batches to their places; others are made, and what was recorded is dropped, where their shapes differ.
  void take(const std::vector<Batch>& given, const torch::Device& device);
  /// Once: where it fails, steps are launched one by one for good. The recording has memory of its own, so what earlier steps left is given back
  /// before.
  void record(const torch::Device& device, const std::function<StepResult()>& work);

  static constexpr int kStepsBefore = 3;  // libraries choose their algorithms and take their memory in the first ones

  DeviceStream stream, uploads;  // the next batch travels while the device computes
  std::vector<Batch> batches;
  torch::Tensor learning_rate;  // float32 scalar
  torch::Tensor seed;           // int64 [1]: of what layers and losses draw
  torch::Tensor stop_signal;    // float64 scalar: this rank's
  torch::Tensor outcome;        // float64 [4], see StepResult
  std::unique_ptr<RecordedWork> recorded;
  StepResult recorded_result;  // where the recorded step leaves it
  bool may_record = false;
  int steps = 0;  // before recording
};

/// Why the steps of such a run are launched operation by operation; empty where they may be recorded.
std::string why_not_recorded(const TrainOptions& train, const Communicator& ranks);

}  // namespace seg
