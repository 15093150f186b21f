#include "optim/optimizer.hpp"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <array>

#include "base/error.hpp"
#include "core/state.hpp"
#include "ops/parameter_updates.hpp"

namespace seg {

namespace {

constexpr const char* kStepName = "step";

std::vector<std::string> moment_names(const OptimizerOptions& options) {
  if (options.type != OptimizerType::kSgd) return {"exp_avg", "exp_avg_sq"};
  return options.sgd.momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{};
}

/// Updates the parameters of one group that have a gradient, with the learning rate of the group.
void apply(const OptimizerOptions& options, const ParameterUpdate& update) {
  const AdamOptions& adam = options.adam;
  if (options.type == OptimizerType::kSgd)
    sgd_update(update, {options.sgd.momentum, options.sgd.nesterov});
  else
    adam_update(update, {adam.beta1, adam.beta2, adam.eps, options.type == OptimizerType::kAdamW});
}

}  // namespace

std::vector<ParameterGroup> make_groups(const torch::nn::Module& model, const OptimizerOptions& options, const std::set<std::string>& fresh) {
  std::array<ParameterGroup, 4> groups;  // {head and fresh parameters, backbone} x {no decay, decay}
  for (const auto& item : model.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    const bool backbone = item.key().starts_with("backbone.") && !fresh.contains(item.key());
    // Norm weights and all biases are the parameters with one dimension.
    const bool decays = item.value().dim() > 1;
    ParameterGroup& group = groups[(backbone ? 2 : 0) + (decays ? 1 : 0)];
    group.lr_scale = backbone ? options.backbone_lr_scale : 1.0;
    group.weight_decay = decays ? options.weight_decay : 0.0;
    group.names.push_back(item.key());
    group.parameters.push_back(item.value());
  }
  std::vector<ParameterGroup> used;
  for (ParameterGroup& group : groups) {
    if (!group.names.empty()) used.push_back(std::move(group));
  }
  return used;
}

void check_optimizer(const OptimizerOptions& options) {
  if (options.type == OptimizerType::kSgd && options.sgd.nesterov && options.sgd.momentum <= 0.0)
    throw Error(ErrorKind::kConfiguration, "optimizer.sgd.nesterov needs a momentum above 0", "set optimizer.sgd.momentum, for example 0.9");
}

Optimizer::Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups)
    : options_(options), groups_(std::move(groups)), moment_names_(moment_names(options)) {
  check_optimizer(options);
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

void Optimizer::step(const torch::Tensor& learning_rate, const torch::Tensor& kept) {
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
    apply(options_, update);
  }
}

State Optimizer::state() const {
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

void Optimizer::load(const State& state) {
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

void clear_gradients(const std::vector<ParameterGroup>& groups) {
  for (const ParameterGroup& group : groups) {
    for (const torch::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

torch::Tensor clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const ParameterGroup& group : groups) {
    for (const torch::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
  }
  if (gradients.empty()) return torch::zeros({}, groups.front().parameters.front().options().requires_grad(false));
  torch::Tensor norm = torch::stack(at::_foreach_norm(gradients, 2)).norm();
  // The caller handles a non-finite norm: scaling by it would make all gradients non-finite.
  if (max_norm > 0.0) scale_all(gradients, (max_norm / norm.to(torch::kDouble)).clamp_max(1.0).masked_fill(norm.isfinite().logical_not(), 1.0));
  return norm;
}

}  // namespace seg
