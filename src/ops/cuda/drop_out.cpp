#include "ops/cuda/drop_out.hpp"

#include "ops/cuda/tensors.hpp"

namespace seg::cuda {

torch::Tensor drop_out(const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t place, double probability) {
  const OnDevice device(x);
  torch::Tensor result = torch::empty_like(x);
  const DropPlaces places{drawn.data_ptr<std::int64_t>(), place, x.numel(), dropping_at(probability)};
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    cuda::drop_out(static_cast<const Value*>(values_of<Value>(x)), places, values_of<Value>(result), device.stream);
  });
  return result;
}

}  // namespace seg::cuda
