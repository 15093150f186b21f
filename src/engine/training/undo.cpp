#include "engine/training/undo.hpp"

#include <ATen/ATen.h>

#include <utility>

namespace seg {

Undo::Undo(const Model& model, const std::vector<Loss*>& losses) : buffers_(model.buffers()) {
  for (const torch::Tensor& buffer : buffers_) before_.push_back(buffer.clone());
  for (Loss* loss : losses) {
    if (loss == nullptr) continue;
    losses_.push_back(loss);
    loss_states_.push_back(loss->state());
  }
}

torch::Tensor Undo::finite() const {
  std::vector<torch::Tensor> values;
  for (const torch::Tensor& buffer : buffers_)
    if (buffer.is_floating_point()) values.push_back(buffer.flatten());
  return values.empty() ? torch::ones({}, torch::kBool) : torch::cat(values).isfinite().all();
}

void Undo::take_back() const {
  const torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(before_[i]);
  for (std::size_t i = 0; i < losses_.size(); ++i) losses_[i]->load(loss_states_[i]);
}

void Undo::take_back_unless(const torch::Tensor& good) const {
  const torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(torch::where(good, buffers_[i], before_[i]));
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    State chosen = losses_[i]->state();
    for (auto& [name, tensor] : chosen) tensor = torch::where(good, tensor, loss_states_[i].at(name));
    losses_[i]->load(chosen);
  }
}

}  // namespace seg
