#include "optim/grouped.hpp"

#include <ATen/ATen.h>

#include "optim/fit.hpp"

namespace seg {

namespace {

constexpr const char* kStepName = "step";

}  // namespace

GroupedOptimizer::GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> moments)
    : groups_(std::move(groups)), moment_names_(std::move(moments)), steps_there_(groups_.size()) {
  const torch::NoGradGuard no_grad;
  for (const ParameterGroup& group : groups_) {
    std::vector<Slot>& slots = slots_.emplace_back();
    for (const torch::Tensor& parameter : group.parameters) {
      Slot& slot = slots.emplace_back();
      for (std::size_t i = 0; i < moment_names_.size(); ++i) slot.moments.push_back(torch::zeros_like(parameter));
    }
  }
}

void GroupedOptimizer::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const ParameterGroup& group = groups_[g];
    Update update;
    update.learning_rate = learning_rate * group.lr_scale;
    update.weight_decay = group.weight_decay;
    update.moments.resize(moment_names_.size());
    for (std::size_t p = 0; p < group.parameters.size(); ++p) {
      const torch::Tensor& gradient = group.parameters[p].grad();
      if (!gradient.defined()) continue;
      Slot& slot = slots_[g][p];
      update.parameters.push_back(group.parameters[p]);
      update.gradients.push_back(gradient);
      for (std::size_t m = 0; m < moment_names_.size(); ++m) update.moments[m].push_back(slot.moments[m]);
      update.steps.push_back(static_cast<double>(++slot.steps));
    }
    if (!update.parameters.empty()) apply(update);
  }
}

torch::Tensor& GroupedOptimizer::steps_there(std::size_t group) {
  torch::Tensor& steps = steps_there_[group];
  if (!steps.defined()) steps = torch::tensor(steps_of(group), torch::kInt64).to(groups_[group].parameters.front().options().requires_grad(false));
  return steps;
}

std::vector<std::int64_t> GroupedOptimizer::steps_of(std::size_t group) const {
  if (steps_there_[group].defined()) {
    const torch::Tensor host = steps_there_[group].cpu().to(torch::kInt64);
    return {host.data_ptr<std::int64_t>(), host.data_ptr<std::int64_t>() + host.numel()};
  }
  std::vector<std::int64_t> steps;
  for (const Slot& slot : slots_[group]) steps.push_back(slot.steps);
  return steps;
}

void GroupedOptimizer::step_unless(const torch::Tensor& skip, const torch::Tensor& learning_rate) {
  const torch::NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const ParameterGroup& group = groups_[g];
    FusedUpdate update;
    update.skip = skip;
    update.weight_decay = group.weight_decay;
    update.learning_rate = group.lr_scale == 1.0 ? learning_rate : learning_rate * group.lr_scale;
    update.moments.resize(moment_names_.size());
    const torch::Tensor& steps = steps_there(g);
    for (std::size_t p = 0; p < group.parameters.size(); ++p) {
      const torch::Tensor &parameter = group.parameters[p], &gradient = parameter.grad();
      if (!gradient.defined()) continue;
      const bool alike = gradient.strides() == parameter.strides();
      update.parameters.push_back(parameter);
      update.gradients.push_back(alike ? gradient : torch::empty_like(parameter).copy_(gradient));
      for (std::size_t m = 0; m < moment_names_.size(); ++m) update.moments[m].push_back(slots_[g][p].moments[m]);
      update.steps.push_back(steps[static_cast<std::int64_t>(p)]);
    }
    if (update.parameters.empty()) continue;
    const bool all = update.parameters.size() == group.parameters.size();
    if (all)
      steps.add_(1);
    else
      at::_foreach_add_(update.steps, 1);
    apply(update);
    if (all)
      steps.sub_(skip);
    else
      for (const torch::Tensor& step : update.steps) step.sub_(skip);
  }
}

State GroupedOptimizer::state() const {
  State state;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::vector<std::int64_t> steps = steps_of(g);
    for (std::size_t p = 0; p < groups_[g].names.size(); ++p) {
      const std::string prefix = groups_[g].names[p] + ".";
      state[prefix + kStepName] = torch::tensor(steps[p], torch::kInt64);
      for (std::size_t m = 0; m < moment_names_.size(); ++m) state[prefix + moment_names_[m]] = slots_[g][p].moments[m];
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
      slots_[g][p].steps = state.at(prefix + kStepName).item<std::int64_t>();
      for (std::size_t m = 0; m < moment_names_.size(); ++m) slots_[g][p].moments[m].copy_(state.at(prefix + moment_names_[m]));
      if (steps_there_[g].defined()) steps_there_[g][static_cast<std::int64_t>(p)].fill_(static_cast<double>(slots_[g][p].steps));
    }
  }
}

}  // namespace seg
