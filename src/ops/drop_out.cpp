#include "ops/drop_out.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "ops/batch_part.hpp"
#include "ops/cpu/elements.hpp"

namespace seg {
namespace {

constexpr std::int64_t kKeyedBlock = 65536;  // elements with a key of their own

/// What decides which elements are dropped.
struct Mask {
  std::int64_t seed;
  std::int64_t first;  // the place of the first element in the whole batch
  double probability;
};

/// x must be dense; the result has its layout.
template <class Value>
void drop_blocks(const torch::Tensor& x, const Mask& mask, const torch::Tensor& result) {
  const auto threshold = static_cast<std::uint32_t>(std::min(mask.probability * 0x1.0p32, 4294967295.0));
  const auto scale = static_cast<float>(1.0 / (1.0 - mask.probability));
  const auto* from = static_cast<const Value*>(x.data_ptr());
  auto* into = static_cast<Value*>(result.data_ptr());
  const std::int64_t end_of_part = mask.first + x.numel();
  at::parallel_for(mask.first / kKeyedBlock, (end_of_part + kKeyedBlock - 1) / kKeyedBlock, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = std::max(block * kKeyedBlock, mask.first), last = std::min((block + 1) * kKeyedBlock, end_of_part);
      const std::uint64_t key = seed_of({static_cast<std::uint64_t>(mask.seed), static_cast<std::uint64_t>(block)});
      const std::int64_t at = first - mask.first;
      cpu::drop_out(from + at, {first - block * kKeyedBlock, last - first}, key, threshold, scale, into + at);
    }
  });
}

torch::Tensor dropped(const torch::Tensor& x, const Mask& mask) {
  torch::Tensor result = torch::empty_like(x);
  if (x.scalar_type() == torch::kBFloat16)
    drop_blocks<std::uint16_t>(x, mask, result);
  else
    drop_blocks<float>(x, mask, result);
  return result;
}

/// Keeps the seed alone: backward drops the same elements of the gradient.
struct DropOutFunction : torch::autograd::Function<DropOutFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, const Mask& mask) {
    context->saved_data["seed"] = mask.seed;
    context->saved_data["first"] = mask.first;
    context->saved_data["probability"] = mask.probability;
    const torch::Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    context->saved_data["strides"] = dense.strides().vec();
    return dropped(dense, mask);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    torch::Tensor gradient = gradients[0];
    const std::vector<std::int64_t> strides = context->saved_data["strides"].toIntVector();
    // Places in memory decide, so the gradient must lie as the values did.
    if (gradient.strides() != torch::IntArrayRef(strides)) {
      gradient = torch::empty_strided(gradient.sizes(), strides, gradient.options()).copy_(gradient);
    }
    const Mask mask{context->saved_data["seed"].toInt(), context->saved_data["first"].toInt(), context->saved_data["probability"].toDouble()};
    return {dropped(gradient, mask), {}};
  }
};

}  // namespace

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  if (!training || probability == 0.0) return x;
  const bool known = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  if (!x.is_cpu() || !known || probability >= 1.0) return torch::dropout(x, probability, training);
  const std::int64_t seed = torch::randint(std::numeric_limits<std::int64_t>::max(), {1}, torch::kInt64).item<std::int64_t>();
  return DropOutFunction::apply(x, Mask{seed, batch_part().ranks.rank() * x.numel(), probability});
}

}  // namespace seg
