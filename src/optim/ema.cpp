#include "optim/ema.hpp"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "base/error.hpp"
#include "core/torch_compat.hpp"
#include "optim/fit.hpp"

namespace seg {

namespace {

constexpr const char* kUpdates = "ema_updates";

}  // namespace

Ema::Ema(const torch::nn::Module& model, double decay) : decay_(decay) {
  const torch::NoGradGuard no_grad;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    names_.push_back(name);
    live_.push_back(tensor);
    averages_.push_back(tensor.detach().clone());
  };
  for (const auto& item : model.named_parameters()) add(item.key(), item.value());
  for (const auto& item : model.named_buffers()) add(item.key(), item.value());
}

Ema::Pairs Ema::pairs_of(bool floating_point) const {
  Pairs pairs;
  for (std::size_t i = 0; i < live_.size(); ++i) {
    if (live_[i].is_floating_point() != floating_point) continue;
    pairs.values.push_back(live_[i]);
    pairs.averages.push_back(averages_[i]);
  }
  return pairs;
}

void Ema::update() {
  if (held_) throw Error(ErrorKind::kInternal, "averaged weights updated while the model holds them");
  const torch::NoGradGuard no_grad;
  ++updates_;
  const double count = static_cast<double>(updates_);
  const double decay = std::min(decay_, (1.0 + count) / (10.0 + count));
  const auto [counts, copies] = pairs_of(false);
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i].copy_(counts[i]);
  const auto [values, averages] = pairs_of(true);
  if (values.empty()) return;
  at::_foreach_mul_(averages, decay);
  at::_foreach_add_(averages, values, 1.0 - decay);
}

void Ema::update_unless(const torch::Tensor& skip) {
  if (held_) throw Error(ErrorKind::kInternal, "averaged weights updated while the model holds them");
  const torch::NoGradGuard no_grad;
  if (!updates_there_.defined()) updates_there_ = torch::full({}, static_cast<double>(updates_), skip.options());
  const torch::Tensor done = 1 - skip;
  updates_there_.add_(done);
  const torch::Tensor decay = ((1 + updates_there_) / (10 + updates_there_)).clamp_max(decay_);
  const torch::Tensor share = (1 - decay) * done;
  const auto [counts, copies] = pairs_of(false);
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i].copy_(torch::where(skip.gt(0), copies[i], counts[i]));
  const auto [values, averages] = pairs_of(true);
  if (values.empty()) return;
  const std::vector<torch::Tensor> moved = at::_foreach_sub(values, averages);
  torch_compat::multiply_all(moved, share);
  at::_foreach_add_(averages, moved);
}

std::int64_t Ema::updates() const { return updates_there_.defined() ? updates_there_.item<std::int64_t>() : updates_; }

State Ema::state() const {
  if (held_) throw Error(ErrorKind::kInternal, "averaged weights saved while the model holds them");
  State state;
  for (std::size_t i = 0; i < names_.size(); ++i) state[names_[i]] = averages_[i];
  state[kUpdates] = torch::tensor(updates(), torch::kInt64);
  return state;
}

void Ema::load(const State& state) {
  check_fit("averaged weights", this->state(), state);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < names_.size(); ++i) averages_[i].copy_(state.at(names_[i]));
  updates_ = state.at(kUpdates).item<std::int64_t>();
  if (updates_there_.defined()) updates_there_.fill_(static_cast<double>(updates_));
}

AveragedWeights::AveragedWeights(Ema& ema) : ema_(ema) {
  const torch::NoGradGuard no_grad;
  for (const torch::Tensor& tensor : ema.live_) own_.push_back(tensor.detach().clone());
  for (std::size_t i = 0; i < own_.size(); ++i) ema.live_[i].copy_(ema.averages_[i]);
  ema.held_ = true;
}

AveragedWeights::~AveragedWeights() {
  const torch::NoGradGuard no_grad;
  try {
    for (std::size_t i = 0; i < own_.size(); ++i) ema_.live_[i].copy_(own_[i]);
  } catch (const std::exception&) {
    // The device is broken, and the exception that says how is under way or comes from its next call: a second one would end the program.
  }
  ema_.held_ = false;
}

}  // namespace seg
