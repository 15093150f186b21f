#include "ops/cuda/resize.hpp"

#include "ops/cuda/axis.hpp"

namespace seg::cuda {
namespace {

torch::Tensor channels_last(const torch::Tensor& x) { return x.contiguous(torch::MemoryFormat::ChannelsLast); }

/// A channels-last tensor of another size; `small` is the one that is interpolated.
template <class Launch>
torch::Tensor resized(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners, bool backward, const Launch& launch) {
  const OnDevice device(x);
  const auto options = x.options().requires_grad(false);
  const auto axis = [&](std::int64_t given, std::int64_t wanted) {
    return backward ? Axis(wanted, given, align_corners, device, options) : Axis(given, wanted, align_corners, device, options);
  };
  const Axis rows = axis(x.size(2), height), columns = axis(x.size(3), width);
  const FeatureGrid grid{static_cast<std::int32_t>(x.size(0)), static_cast<std::int32_t>(x.size(1)), rows.tables(), columns.tables()};
  torch::Tensor result = torch::empty({x.size(0), x.size(1), height, width}, options, torch::MemoryFormat::ChannelsLast);
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    launch(grid, values_of<Value>(x), values_of<Value>(result), device.stream);
  });
  return result;
}

}  // namespace

torch::Tensor resize(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  return resized(channels_last(x), height, width, align_corners, false, [](auto&&... arguments) { cuda::resize(arguments...); });
}

torch::Tensor resize_backward(const torch::Tensor& gradient, std::int64_t height, std::int64_t width, bool align_corners) {
  return resized(channels_last(gradient), height, width, align_corners, true, [](auto&&... arguments) { cuda::resize_backward(arguments...); });
}

}  // namespace seg::cuda
