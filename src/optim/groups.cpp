#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <array>

#include "ops/parameter_updates.hpp"
#include "optim/optimizer.hpp"

namespace seg {

std::vector<ParameterGroup> make_groups(const torch::nn::Module& model, const OptimizerOptions& options, const std::set<std::string>& fresh) {
  std::array<ParameterGroup, 4> groups;  // {head and what is fresh, backbone} x {no decay, decay}
  for (const auto& item : model.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    const bool backbone = item.key().starts_with("backbone.") && !fresh.contains(item.key());
    // Norm weights and all biases are the parameters of one dimension.
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

void clear_gradients(const std::vector<ParameterGroup>& groups) {
  for (const ParameterGroup& group : groups) {
    for (const torch::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

namespace {

std::vector<torch::Tensor> gradients_of(const std::vector<ParameterGroup>& groups) {
  std::vector<torch::Tensor> gradients;
  for (const ParameterGroup& group : groups) {
    for (const torch::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
  }
  return gradients;
}

}  // namespace

torch::Tensor clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm) {
  const torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> gradients = gradients_of(groups);
  if (gradients.empty()) return torch::zeros({}, groups.front().parameters.front().options().requires_grad(false));
  torch::Tensor norm = torch::stack(at::_foreach_norm(gradients, 2)).norm();
  // A norm that is not finite is for the caller to refuse: scaling by it would only spread it.
  if (max_norm > 0.0) scale_all(gradients, (max_norm / norm.to(torch::kDouble)).clamp_max(1.0).masked_fill(norm.isfinite().logical_not(), 1.0));
  return norm;
}

}  // namespace seg
