// What all optimisers share: which parameters have a gradient, how often each was updated, its moments and their names.
#pragma once

#include <string>
#include <vector>

#include "ops/parameter_updates.hpp"
#include "optim/optimizer.hpp"

namespace seg {

class GroupedOptimizer : public Optimizer {
 public:
  /// `moments` names the tensors kept for each parameter, all of its shape and zero at first.
  GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> moments);

  void step(const torch::Tensor& learning_rate, const torch::Tensor& kept) final;
  /// "PARAMETER.step" (int64 scalar) and "PARAMETER.MOMENT". The moments are the live ones: copy what must outlive the next step.
  State state() const final;
  void load(const State& state) final;

 protected:
  /// Of the parameters of one group that have a gradient, at the group's own learning rate.
  virtual void apply(const ParameterUpdate& update) const = 0;

 private:
  struct Slots {
    torch::Tensor steps;                              // float32 [parameters]: updates of each
    std::vector<torch::Tensor> steps_of;              // its entries
    std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter]
  };

  std::vector<ParameterGroup> groups_;
  std::vector<std::string> moment_names_;
  std::vector<Slots> slots_;  // [group]
};

}  // namespace seg
