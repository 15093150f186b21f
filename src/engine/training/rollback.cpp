#include "engine/training/rollback.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "device/torch_compat.hpp"

namespace seg {

torch::Tensor Rollback::Buffers::values() const {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.flatten());
  return torch::cat(flat);
}

void Rollback::Buffers::set(const torch::Tensor& values) const {
  std::vector<torch::Tensor> parts;
  std::int64_t offset = 0;
  for (const torch::Tensor& tensor : tensors) {
    parts.push_back(values.narrow(0, offset, tensor.numel()).view(tensor.sizes()));
    offset += tensor.numel();
  }
  torch_compat::copy_all(tensors, parts);
}

Rollback::Rollback(const Model& model, const std::vector<Loss*>& losses) {
  for (const torch::Tensor& buffer : model.buffers()) {
    const auto alike = [&](const Buffers& some) { return some.tensors.front().scalar_type() == buffer.scalar_type(); };
    const auto found = std::ranges::find_if(buffers_, alike);
    (found != buffers_.end() ? *found : buffers_.emplace_back()).tensors.push_back(buffer);
  }
  for (Buffers& some : buffers_) some.before = some.values();
  for (Loss* loss : losses) {
    if (loss == nullptr) continue;
    losses_.push_back(loss);
    loss_states_.push_back(loss->state());
  }
}

torch::Tensor Rollback::finite() const {
  std::vector<torch::Tensor> answers;
  for (const Buffers& some : buffers_)
    if (some.before.is_floating_point()) answers.push_back(some.values().isfinite().all());
  return answers.empty() ? torch::ones({}, torch::kBool) : torch::stack(answers).all();
}

void Rollback::conditional_roll_back(const torch::Tensor& kept) const {
  const torch::NoGradGuard no_gradient;
  for (const Buffers& some : buffers_) some.set(torch::where(kept, some.values(), some.before));
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    State chosen = losses_[i]->state();
    for (auto& [name, tensor] : chosen) tensor = torch::where(kept, tensor, loss_states_[i].at(name));
    losses_[i]->load(chosen);
  }
}

void Rollback::roll_back() const {
  const torch::NoGradGuard no_gradient;
  for (const Buffers& some : buffers_) some.set(some.before);
  for (std::size_t i = 0; i < losses_.size(); ++i) losses_[i]->load(loss_states_[i]);
}

}  // namespace seg
