#include "optim/ema.hpp"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "base/error.hpp"
#include "core/state.hpp"
#include "ops/parameter_updates.hpp"

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
  updates_ = torch::zeros({}, live_.front().options().dtype(torch::kDouble));
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

void Ema::update(const torch::Tensor& kept) {
  if (held_) throw Error(ErrorKind::kInternal, "averaged weights updated while the model holds them");
  const torch::NoGradGuard no_grad;
  updates_.add_(kept);
  const torch::Tensor decay = ((1 + updates_) / (10 + updates_)).clamp_max(decay_);
  const auto [counts, copies] = pairs_of(false);
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i].copy_(torch::where(kept, counts[i], copies[i]));
  const auto [values, averages] = pairs_of(true);
  average_update(averages, values, decay, kept);
}

State Ema::state() const {
  if (held_) throw Error(ErrorKind::kInternal, "averaged weights saved while the model holds them");
  State state;
  for (std::size_t i = 0; i < names_.size(); ++i) state[names_[i]] = averages_[i];
  state[kUpdates] = updates_.cpu().to(torch::kInt64);
  return state;
}

void Ema::load(const State& state) {
  check_fit("averaged weights", this->state(), state);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < names_.size(); ++i) averages_[i].copy_(state.at(names_[i]));
  updates_.copy_(state.at(kUpdates));
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
    // The device has failed. The exception that says so is already thrown or comes from the next call; a second exception would end the program.
  }
  ema_.held_ = false;
}

}  // namespace seg
