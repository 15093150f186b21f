#include "ops/drawn_number.hpp"

#include <ATen/ATen.h>

#include <limits>
#include <utility>

#include "base/split_mix.hpp"

namespace seg {
namespace {

thread_local DrawScope* current_scope = nullptr;

}  // namespace

DrawScope::DrawScope(torch::Tensor seed) : seed_(std::move(seed)), before_(std::exchange(current_scope, this)) {}
DrawScope::~DrawScope() { current_scope = before_; }

torch::Tensor drawn_number(const torch::Device& device) {
  if (current_scope != nullptr) return current_scope->seed_.bitwise_xor(static_cast<std::int64_t>(split_mix(++current_scope->drawn_)));
  return at::randint(std::numeric_limits<std::int64_t>::max(), {1}, torch::TensorOptions(torch::kInt64).device(device));
}

}  // namespace seg
