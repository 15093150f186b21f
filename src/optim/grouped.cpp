#include "optim/grouped.hpp"

#include "optim/fit.hpp"

namespace seg {

namespace {

constexpr const char* kStepName = "step";

}  // namespace

GroupedOptimizer::GroupedOptimizer(std::vector<ParameterGroup> groups, std::vector<std::string> moments)
    : groups_(std::move(groups)), moment_names_(std::move(moments)) {
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

State GroupedOptimizer::state() const {
  State state;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t p = 0; p < groups_[g].names.size(); ++p) {
      const std::string prefix = groups_[g].names[p] + ".";
      state[prefix + kStepName] = torch::tensor(slots_[g][p].steps, torch::kInt64);
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
    }
  }
}

}  // namespace seg
