#include "ops/training_pass.hpp"

#include <ATen/ATen.h>

#include <limits>
#include <utility>

#include "base/split_mix.hpp"

namespace seg {
namespace {

thread_local TrainingPassScope* current_pass = nullptr;

}  // namespace

TrainingPassScope::TrainingPassScope(TrainingPass pass) : pass_(std::move(pass)), before_(std::exchange(current_pass, this)) {}
TrainingPassScope::~TrainingPassScope() { current_pass = before_; }

const TrainingPass& training_pass() {
  static const TrainingPass whole;
  return current_pass != nullptr ? current_pass->pass_ : whole;
}

torch::Tensor drawn_number(const torch::Device& device) {
  if (current_pass != nullptr && current_pass->pass_.seed.defined())
    return current_pass->pass_.seed.bitwise_xor(static_cast<std::int64_t>(split_mix(++current_pass->drawn_)));
  return at::randint(std::numeric_limits<std::int64_t>::max(), {1}, torch::TensorOptions(torch::kInt64).device(device));
}

}  // namespace seg
