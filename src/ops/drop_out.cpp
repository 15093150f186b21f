#include "ops/drop_out.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

#include "ops/cpu/elements.hpp"
#include "ops/cuda/drop_out.hpp"
#include "ops/recorded.hpp"
#include "ops/training_pass.hpp"

namespace seg {
namespace {

Dropping dropping_at(double probability) {
  return {static_cast<std::uint32_t>(std::min(probability * 0x1.0p32, 4294967295.0)), static_cast<float>(1.0 / (1.0 - probability))};
}

/// x must be dense; the result has its layout.
template <class Value>
void drop_blocks(const torch::Tensor& x, const DropMask& mask, const torch::Tensor& result) {
  const Dropping dropping = mask.dropping;
  const auto drawn = static_cast<std::uint64_t>(mask.drawn.item<std::int64_t>());
  const auto* from = static_cast<const Value*>(x.data_ptr());
  auto* into = static_cast<Value*>(result.data_ptr());
  const std::int64_t end_of_part = mask.first + x.numel();
  at::parallel_for(mask.first / kDropBlock, (end_of_part + kDropBlock - 1) / kDropBlock, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = std::max(block * kDropBlock, mask.first), last = std::min((block + 1) * kDropBlock, end_of_part);
      const std::int64_t at = first - mask.first;
      cpu::drop_out(from + at, {first - block * kDropBlock, last - first}, drop_key(drawn, block), dropping, into + at);
    }
  });
}

torch::Tensor dropped(const torch::Tensor& x, const DropMask& mask) {
  torch::Tensor result = torch::empty_like(x);
  RecordedOp op("seg::drop_out", {x});
  op.writes({result});
  if constexpr (cuda::kBuilt) {
    if (x.is_cuda()) {
      cuda::drop_out(x, mask, result);
      return result;
    }
  }
  if (x.scalar_type() == torch::kBFloat16)
    drop_blocks<std::uint16_t>(x, mask, result);
  else
    drop_blocks<float>(x, mask, result);
  return result;
}

/// Keeps what was drawn alone: backward drops the same elements of the gradient.
struct DropOutFunction : torch::autograd::Function<DropOutFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t first,
                               double probability) {
    context->save_for_backward({drawn});
    context->saved_data["first"] = first;
    context->saved_data["probability"] = probability;
    const torch::Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    context->saved_data["strides"] = dense.strides().vec();
    return dropped(dense, {drawn, first, dropping_at(probability)});
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    torch::Tensor gradient = gradients[0];
    const std::vector<std::int64_t> strides = context->saved_data["strides"].toIntVector();
    // Places in memory decide, so the gradient must lie as the values did.
    if (gradient.strides() != torch::IntArrayRef(strides)) {
      gradient = torch::empty_strided(gradient.sizes(), strides, gradient.options()).copy_(gradient);
    }
    const DropMask mask{context->get_saved_variables()[0], context->saved_data["first"].toInt(),
                        dropping_at(context->saved_data["probability"].toDouble())};
    return {dropped(gradient, mask), {}, {}, {}};
  }
};

}  // namespace

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  if (!training || probability == 0.0) return x;
  const bool known = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  if (!(x.is_cpu() || cuda::takes(x)) || !known || probability >= 1.0) return torch::dropout(x, probability, training);
  return DropOutFunction::apply(x, drawn_number(x.device()), training_pass().ranks.rank() * x.numel(), probability);
}

}  // namespace seg
