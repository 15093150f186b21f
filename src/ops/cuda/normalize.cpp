#include "ops/cuda/normalize.hpp"

#include "ops/cuda/tensors.hpp"

namespace seg::cuda {

torch::Tensor normalize(const torch::Tensor& given, at::ArrayRef<double> means, at::ArrayRef<double> deviations, bool bgr, torch::ScalarType dtype) {
  const OnDevice device(given);
  const torch::Tensor images = given.contiguous();
  ChannelScale channels{{}, {}, bgr};
  for (std::size_t c = 0; c < 3; ++c) {
    channels.scale[c] = static_cast<float>(1.0 / deviations[c]);
    channels.offset[c] = static_cast<float>(-means[c] / deviations[c]);
  }
  const torch::Tensor result = torch::empty(images.sizes(), images.options().dtype(dtype));
  for_value_type(dtype, [&](auto value) {
    using Value = decltype(value);
    cuda::normalize(images.data_ptr<std::uint8_t>(), images.numel() / 3, channels, values_of<Value>(result), device.stream);
  });
  return result.permute({0, 3, 1, 2});
}

}  // namespace seg::cuda
