#include "ops/cuda/batch_norm.hpp"

#include "ops/cuda/norm_kernels.hpp"
#include "ops/cuda/tensors.hpp"

namespace seg::cuda {
namespace {

NormShape shape_of(const torch::Tensor& x) { return {x.numel() / x.size(1), static_cast<std::int32_t>(x.size(1))}; }

NormParameters parameters_of(const NormStatistics& statistics, const torch::Tensor& weight, const torch::Tensor& bias, bool relu) {
  return {statistics.mean.data_ptr<float>(), statistics.inverse_deviation.data_ptr<float>(), weight.data_ptr<float>(), bias.data_ptr<float>(), relu};
}

template <class Value>
Value* values_or_null(const torch::Tensor& tensor) {
  return tensor.defined() ? values_of<Value>(tensor) : nullptr;
}

torch::Tensor like(const torch::Tensor& x) { return torch::empty_like(x, x.options().requires_grad(false), torch::MemoryFormat::ChannelsLast); }

torch::Tensor floats(const torch::Tensor& x, at::IntArrayRef sizes, torch::ScalarType type = torch::kFloat) {
  return torch::empty(sizes, x.options().dtype(type).requires_grad(false));
}

}  // namespace

NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks) {
  const OnDevice device(x);
  const NormShape shape = shape_of(x);
  const torch::Tensor partial = floats(x, {norm_blocks(shape), 2, shape.channels}, torch::kDouble);
  const torch::Tensor sums = floats(x, {2, shape.channels}, torch::kDouble);
  for_value_type(x.scalar_type(), [&](auto value) {
    norm_moments(shape, values_of<decltype(value)>(x), partial.data_ptr<double>(), sums.data_ptr<double>(), device.stream);
  });
  ranks.sum(sums);
  NormStatistics result{floats(x, {shape.channels}), floats(x, {shape.channels})};
  const RunningStatistics running{norm.running_mean.data_ptr<float>(), norm.running_variance.data_ptr<float>(), static_cast<float>(norm.momentum),
                                  static_cast<float>(norm.eps)};
  norm_statistics(sums.data_ptr<double>(), static_cast<double>(shape.rows * ranks.world_size()), shape.channels, running,
                  result.mean.data_ptr<float>(), result.inverse_deviation.data_ptr<float>(), device.stream);
  return result;
}

torch::Tensor batch_norm_forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after) {
  const OnDevice device(x);
  torch::Tensor result = like(x);
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    norm_forward<Value>(shape_of(x), parameters_of(statistics, norm.weight, norm.bias, after.relu), values_of<Value>(x),
                        values_or_null<Value>(after.residual), values_of<Value>(result), device.stream);
  });
  return result;
}

NormGradients batch_norm_backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks) {
  const OnDevice device(gradient);
  const torch::Tensor& x = saved.x;
  const NormShape shape = shape_of(x);
  const NormParameters norm = parameters_of(saved.statistics, saved.weight, saved.bias, saved.relu);
  const torch::Tensor partial = floats(x, {norm_blocks(shape), 2, shape.channels}), sums = floats(x, {2, shape.channels}, torch::kDouble);
  const torch::Tensor plain = floats(x, {2, shape.channels});
  torch::Tensor means = floats(x, {2, shape.channels});
  const double share = saved.training ? 1.0 / static_cast<double>(shape.rows * ranks.world_size()) : 0.0;
  NormGradients result{like(x), plain[1], plain[0], residual_wanted ? like(x) : torch::Tensor()};
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    const NormGradientInput<Value> input{values_of<Value>(x), values_or_null<Value>(saved.output), values_of<Value>(gradient)};
    norm_gradient_moments(shape, norm, input, partial.data_ptr<float>(),
                          {sums.data_ptr<double>(), plain.data_ptr<float>(), means.data_ptr<float>(), share}, device.stream);
    if (ranks.several()) {  // the means are those of all ranks
      ranks.sum(sums);
      means = (sums * share).to(torch::kFloat);
    }
    norm_backward(shape, norm, {means.data_ptr<float>(), means.data_ptr<float>() + shape.channels}, input, values_of<Value>(result.x),
                  values_or_null<Value>(result.residual), device.stream);
  });
  return result;
}

}  // namespace seg::cuda
