// Launches the first steps operation by operation, then records a step as a CUDA graph and replays it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/training/training_step.hpp"

namespace seg {

class RecordedStep {
 public:
  explicit RecordedStep(torch::Device device) : device_(device) {}

  struct Work {
    std::function<StepOutputs(const StepInputs&)> launch;
    std::function<StepOutputs(const StepInputs&)> operations;  // what is recorded
  };

  /// The outputs of the step. The next step overwrites the tensors of a recorded one. If recording fails, all later steps are launched operation by
  /// operation. Inputs of other shapes start a new recording.
  StepOutputs run(const StepInputs& inputs, const Work& work);

 private:
  static constexpr int kStepsBefore = 3;  // in the first steps libraries choose algorithms and allocate memory

  bool fits(const StepInputs& inputs) const;
  /// Allocates input tensors of these shapes and drops the recording.
  void begin_with(const StepInputs& inputs);
  void record(const std::function<StepOutputs(const StepInputs&)>& operations);

  torch::Device device_;
  bool may_record_ = true;
  int launched_ = 0;
  StepInputs places_;  // the inputs of the recorded step
  std::unique_ptr<CudaGraph> graph_;
  StepOutputs outputs_;  // its outputs
};

/// The reason why the steps of this run are launched operation by operation; empty if they can be recorded.
std::string why_not_recorded(const TrainOptions& train, const Communicator& ranks);

}  // namespace seg
