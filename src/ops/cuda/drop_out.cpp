#include "ops/cuda/drop_out.hpp"

#include "ops/cuda/tensors.hpp"

namespace seg::cuda {

void drop_out(const torch::Tensor& x, const DropMask& mask, const torch::Tensor& result) {
  const OnDevice device(x);
  const DropPlaces places{mask.drawn.data_ptr<std::int64_t>(), mask.first, x.numel(), mask.dropping};
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    cuda::drop_out(static_cast<const Value*>(values_of<Value>(x)), places, values_of<Value>(result), device.stream);
  });
}

}  // namespace seg::cuda
