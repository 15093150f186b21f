// Steps that are launched operation by operation at first, then recorded as a CUDA graph and launched as a whole.
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

  /// What the step gives; the tensors of a recorded one are overwritten by the next. Where recording fails, steps are launched for good; where inputs
  /// of other shapes come, it begins anew.
  StepOutputs run(const StepInputs& inputs, const Work& work);

 private:
  static constexpr int kStepsBefore = 3;  // libraries choose their algorithms and take their memory in the first ones

  bool fits(const StepInputs& inputs) const;
  /// Makes places for such inputs and forgets what was recorded.
  void begin_with(const StepInputs& inputs);
  void record(const std::function<StepOutputs(const StepInputs&)>& operations);

  torch::Device device_;
  bool may_record_ = true;
  int launched_ = 0;
  StepInputs places_;  // where a recorded step reads
  std::unique_ptr<CudaGraph> graph_;
  StepOutputs outputs_;  // where it writes
};

/// Why the steps of such a run are launched operation by operation; empty where recording them is tried.
std::string why_not_recorded(const TrainOptions& train, const Communicator& ranks);

}  // namespace seg
