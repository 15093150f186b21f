// What all optimisers share: which parameters have a gradient, how often each was updated, its moments and their names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/fused_updates.hpp"
#include "optim/optimizer.hpp"

namespace seg {

class GroupedOptimizer : public Optimizer {
 public:
  /// `moments` names the tensors kept for each parameter, all of its shape and zero at first.
  GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> moments);

  void step(double learning_rate) final;
  void step_unless(const torch::Tensor& skip, const torch::Tensor& learning_rate) final;
  /// "PARAMETER.step" (int64 scalar) and "PARAMETER.MOMENT". The tensors are the live ones: copy what must outlive the next step.
  State state() const final;
  void load(const State& state) final;

 protected:
  /// The parameters of one group that have a gradient, with lists of equal length for the _foreach operations.
  struct Update {
    double learning_rate = 0.0;  // scaled for the group
    double weight_decay = 0.0;
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> gradients;             // never written to: they are the caller's
    std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter]
    std::vector<double> steps;                        // updates of each parameter, this one included
  };
  virtual void apply(Update& update) const = 0;
  virtual void apply(const FusedUpdate& update) const = 0;

 private:
  struct Slot {
    std::int64_t steps = 0;
    std::vector<torch::Tensor> moments;
  };

  /// Updates of each parameter of a group, [parameters]: counted by the device once step_unless has been called, in one place for good.
  torch::Tensor& steps_there(std::size_t group);
  std::vector<std::int64_t> steps_of(std::size_t group) const;

  std::vector<ParameterGroup> groups_;
  std::vector<std::string> moment_names_;
  std::vector<std::vector<Slot>> slots_;    // [group][parameter]
  std::vector<torch::Tensor> steps_there_;  // [group]; float32, or undefined: the slots count
};

}  // namespace seg
