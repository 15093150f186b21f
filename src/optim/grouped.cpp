#include "optim/grouped.hpp"

#include <ATen/ATen.h>

#include "optim/fit.hpp"

namespace seg {

namespace {

constexpr const char* kStepName = "step";

}  // namespace

GroupedOptimizer::GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> moments)
    : groups_(std::move(groups)), moment_names_(std::move(moments)) {
  const torch::NoGradGuard no_grad;
  for (const ParameterGroup& group : groups_) {
    Slots& slots = slots_.emplace_back();
    const auto count = static_cast<std::int64_t>(group.parameters.size());
    slots.steps = torch::zeros({count}, group.parameters.front().options().dtype(torch::kFloat).requires_grad(false));
    slots.steps_of = slots.steps.unbind();
    slots.moments.resize(moment_names_.size());
    for (std::vector<torch::Tensor>& moment : slots.moments)
      for (const torch::Tensor& parameter : group.parameters) moment.push_back(torch::zeros_like(parameter));
  }
}

void GroupedOptimizer::step(const torch::Tensor& learning_rate, const torch::Tensor& kept) {
  const torch::NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const ParameterGroup& group = groups_[g];
    const Slots& slots = slots_[g];
    ParameterUpdate update;
    update.learning_rate = group.lr_scale == 1.0 ? learning_rate : learning_rate * group.lr_scale;
    update.kept = kept;
    update.weight_decay = group.weight_decay;
    update.moments.resize(moment_names_.size());
    for (std::size_t p = 0; p < group.parameters.size(); ++p) {
      const torch::Tensor& gradient = group.parameters[p].grad();
      if (!gradient.defined()) continue;
      update.parameters.push_back(group.parameters[p]);
      update.gradients.push_back(gradient);
      for (std::size_t m = 0; m < moment_names_.size(); ++m) update.moments[m].push_back(slots.moments[m][p]);
      update.steps.push_back(slots.steps_of[p]);
    }
    if (update.parameters.empty()) continue;
    if (update.parameters.size() == group.parameters.size()) {
      slots.steps.add_(kept);
    } else {
      for (const torch::Tensor& steps : update.steps) steps.add_(kept);
    }
    apply(update);
  }
}

State GroupedOptimizer::state() const {
  State state;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::vector<torch::Tensor> steps = slots_[g].steps.cpu().to(torch::kInt64).unbind();
    for (std::size_t p = 0; p < groups_[g].names.size(); ++p) {
      const std::string prefix = groups_[g].names[p] + ".";
      state[prefix + kStepName] = steps[p];
      for (std::size_t m = 0; m < moment_names_.size(); ++m) state[prefix + moment_names_[m]] = slots_[g].moments[m][p];
    }
  }
  return state;
}

void GroupedOptimizer::load(const State& state) {
  check_fit("optimiser state", this->state(), state);
  const torch::NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t p = 0; p < groups_[g].names.size(); ++p) {
      const std::string prefix = groups_[g].names[p] + ".";
      slots_[g].steps_of[p].copy_(state.at(prefix + kStepName));
      for (std::size_t m = 0; m < moment_names_.size(); ++m) slots_[g].moments[m][p].copy_(state.at(prefix + moment_names_[m]));
    }
  }
}

}  // namespace seg
