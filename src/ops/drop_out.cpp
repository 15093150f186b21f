#include "ops/drop_out.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

#include "ops/cpu/elements.hpp"
#include "ops/cuda/drop_out.hpp"
#include "ops/operators.hpp"
#include "ops/training_pass.hpp"

namespace seg {
namespace {

template <class Value>
void drop_blocks(const torch::Tensor& x, const torch::Tensor& drawn_number, std::int64_t place, double probability, const torch::Tensor& result) {
  const Dropping dropping = dropping_at(probability);
  const auto drawn = static_cast<std::uint64_t>(drawn_number.item<std::int64_t>());
  const auto* from = static_cast<const Value*>(x.data_ptr());
  auto* into = static_cast<Value*>(result.data_ptr());
  const std::int64_t end_of_part = place + x.numel();
  at::parallel_for(place / kDropBlock, (end_of_part + kDropBlock - 1) / kDropBlock, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = std::max(block * kDropBlock, place), last = std::min((block + 1) * kDropBlock, end_of_part);
      const std::int64_t at = first - place;
      cpu::drop_out(from + at, {first - block * kDropBlock, last - first}, drop_key(drawn, block), dropping, into + at);
    }
  });
}

/// x must be dense; the result has its layout. drawn: int64 [1]; place: the position of x's first element in the whole batch.
torch::Tensor drop_out_on_cpu(const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t place, double probability) {
  torch::Tensor result = torch::empty_like(x);
  if (x.scalar_type() == torch::kBFloat16)
    drop_blocks<std::uint16_t>(x, drawn, place, probability, result);
  else
    drop_blocks<float>(x, drawn, place, probability, result);
  return result;
}

torch::Tensor drop_out_shape(const torch::Tensor& x, const torch::Tensor&, std::int64_t, double) { return torch::empty_like(x); }

torch::Tensor drop_out_by_torch(const torch::Tensor& x, const torch::Tensor&, std::int64_t, double probability) {
  return torch::dropout(x, probability, true);
}

const auto& drop_out_operator() {
  static const auto found = find_operator<decltype(drop_out_on_cpu)>("seg::drop_out");
  return found;
}

/// Stores only the drawn number: backward drops the same elements of the gradient.
struct DropOutFunction : torch::autograd::Function<DropOutFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t place,
                               double probability) {
    context->save_for_backward({drawn});
    context->saved_data["place"] = place;
    context->saved_data["probability"] = probability;
    const torch::Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    context->saved_data["strides"] = dense.strides().vec();
    return call_below(drop_out_operator(), dense, drawn, place, probability);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    torch::Tensor gradient = gradients[0];
    const std::vector<std::int64_t> strides = context->saved_data["strides"].toIntVector();
    // The positions in memory matter, so the gradient must have the layout of the values.
    if (gradient.strides() != torch::IntArrayRef(strides)) {
      gradient = torch::empty_strided(gradient.sizes(), strides, gradient.options()).copy_(gradient);
    }
    const BelowAutograd below;
    return {drop_out_operator().call(gradient, context->get_saved_variables()[0], context->saved_data["place"].toInt(),
                                     context->saved_data["probability"].toDouble()),
            {},
            {},
            {}};
  }
};

torch::Tensor differentiable_drop_out(const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t place, double probability) {
  return DropOutFunction::apply(x, drawn, place, probability);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(drop_out_on_cpu)>(library, "drop_out(Tensor x, Tensor drawn, int place, float probability) -> Tensor",
                                    {.cpu = drop_out_on_cpu,
                                     .cuda = cuda::built<decltype(drop_out_on_cpu), cuda::drop_out>(),
                                     .meta = drop_out_shape,
                                     .autograd = differentiable_drop_out,
                                     .any = drop_out_by_torch});
}

}  // namespace

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  if (!training || probability == 0.0) return x;
  const bool known = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  if (!known || probability >= 1.0) return torch::dropout(x, probability, training);
  return drop_out_operator().call(x, drawn_number(x.device()), training_pass().ranks.rank() * x.numel(), probability);
}

}  // namespace seg
