#include "ops/drop_out.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "ops/cpu/elements.hpp"

namespace seg {
namespace {

constexpr std::int64_t kBlock = 65536;  // elements with a key of their own

/// x must be dense; the result has its layout.
template <class Value>
void drop_blocks(const torch::Tensor& x, std::uint64_t seed, double probability, const torch::Tensor& result) {
  const auto threshold = static_cast<std::uint32_t>(std::min(probability * 0x1.0p32, 4294967295.0));
  const auto scale = static_cast<float>(1.0 / (1.0 - probability));
  const auto* from = static_cast<const Value*>(x.data_ptr());
  auto* into = static_cast<Value*>(result.data_ptr());
  at::parallel_for(0, (x.numel() + kBlock - 1) / kBlock, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * kBlock;
      const std::uint64_t key = seed_of({seed, static_cast<std::uint64_t>(block)});
      cpu::drop_out(from + first, std::min(kBlock, x.numel() - first), key, threshold, scale, into + first);
    }
  });
}

torch::Tensor dropped(const torch::Tensor& x, std::int64_t seed, double probability) {
  torch::Tensor result = torch::empty_like(x);
  if (x.scalar_type() == torch::kBFloat16)
    drop_blocks<std::uint16_t>(x, static_cast<std::uint64_t>(seed), probability, result);
  else
    drop_blocks<float>(x, static_cast<std::uint64_t>(seed), probability, result);
  return result;
}

/// Keeps the seed alone: backward drops the same elements of the gradient.
struct DropOutFunction : torch::autograd::Function<DropOutFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, std::int64_t seed, double probability) {
    context->saved_data["seed"] = seed;
    context->saved_data["probability"] = probability;
    const torch::Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    context->saved_data["strides"] = dense.strides().vec();
    return dropped(dense, seed, probability);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    torch::Tensor gradient = gradients[0];
    const std::vector<std::int64_t> strides = context->saved_data["strides"].toIntVector();
    // Places in memory decide, so the gradient must lie as the values did.
    if (gradient.strides() != torch::IntArrayRef(strides)) {
      gradient = torch::empty_strided(gradient.sizes(), strides, gradient.options()).copy_(gradient);
    }
    return {dropped(gradient, context->saved_data["seed"].toInt(), context->saved_data["probability"].toDouble()), {}, {}};
  }
};

}  // namespace

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  if (!training || probability == 0.0) return x;
  const bool known = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  if (!x.is_cpu() || !known || probability >= 1.0) return torch::dropout(x, probability, training);
  const std::int64_t seed = torch::randint(std::numeric_limits<std::int64_t>::max(), {1}, torch::kInt64).item<std::int64_t>();
  return DropOutFunction::apply(x, seed, probability);
}

}  // namespace seg
