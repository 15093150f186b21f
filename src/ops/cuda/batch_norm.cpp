#include "ops/cuda/batch_norm.hpp"

#include "ops/cuda/norm_kernels.hpp"
#include "ops/cuda/tensors.hpp"

namespace seg::cuda {
namespace {

NormShape shape_of(const torch::Tensor& x) { return {x.numel() / x.size(1), static_cast<std::int32_t>(x.size(1))}; }

/// norm: weight, bias, statistics.
NormParameters parameters_of(at::TensorList norm, bool relu) {
  const float* mean = norm[2].data_ptr<float>();
  return {mean, mean + norm[2].size(1), norm[0].data_ptr<float>(), norm[1].data_ptr<float>(), relu};
}

template <class Value>
Value* values_or_null(const c10::optional<torch::Tensor>& tensor) {
  return tensor ? values_of<Value>(*tensor) : nullptr;
}

torch::Tensor like(const torch::Tensor& x) { return torch::empty_like(x, x.options().requires_grad(false), torch::MemoryFormat::ChannelsLast); }

torch::Tensor floats(const torch::Tensor& x, at::IntArrayRef sizes, torch::ScalarType type = torch::kFloat) {
  return torch::empty(sizes, x.options().dtype(type).requires_grad(false));
}

}  // namespace

torch::Tensor batch_norm_sums(const torch::Tensor& x) {
  const OnDevice device(x);
  const NormShape shape = shape_of(x);
  const torch::Tensor partial = floats(x, {norm_blocks(shape), 2, shape.channels}, torch::kDouble);
  torch::Tensor sums = floats(x, {2, shape.channels}, torch::kDouble);
  for_value_type(x.scalar_type(), [&](auto value) {
    norm_moments(shape, values_of<decltype(value)>(x), partial.data_ptr<double>(), sums.data_ptr<double>(), device.stream);
  });
  return sums;
}

torch::Tensor batch_norm_statistics(const torch::Tensor& sums, double count, at::TensorList running, double momentum, double eps) {
  const OnDevice device(sums);
  const auto channels = static_cast<std::int32_t>(sums.size(1));
  torch::Tensor statistics = floats(sums, {2, channels});
  float* mean = statistics.data_ptr<float>();
  norm_statistics(sums.data_ptr<double>(), count, channels,
                  {running[0].data_ptr<float>(), running[1].data_ptr<float>(), static_cast<float>(momentum), static_cast<float>(eps)}, mean,
                  mean + channels, device.stream);
  return statistics;
}

torch::Tensor batch_norm_apply(const torch::Tensor& x, at::TensorList norm, const c10::optional<torch::Tensor>& residual, bool relu) {
  const OnDevice device(x);
  torch::Tensor result = like(x);
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    norm_forward<Value>(shape_of(x), parameters_of(norm, relu), values_of<Value>(x), values_or_null<Value>(residual), values_of<Value>(result),
                        device.stream);
  });
  return result;
}

std::vector<torch::Tensor> batch_norm_gradient_sums(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                                    const c10::optional<torch::Tensor>& output, bool relu, double share) {
  const OnDevice device(x);
  const NormShape shape = shape_of(x);
  const torch::Tensor partial = floats(x, {norm_blocks(shape), 2, shape.channels});
  const torch::Tensor sums = floats(x, {2, shape.channels}, torch::kDouble), plain = floats(x, {2, shape.channels});
  const torch::Tensor means = floats(x, {2, shape.channels});
  const NormTotals totals{sums.data_ptr<double>(), plain.data_ptr<float>(), means.data_ptr<float>(), share};
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    const NormGradientInput<Value> input{values_of<Value>(x), values_or_null<Value>(output), values_of<Value>(gradient)};
    norm_gradient_moments(shape, parameters_of(norm, relu), input, partial.data_ptr<float>(), totals, device.stream);
  });
  return {sums, plain, means};
}

std::vector<torch::Tensor> batch_norm_backward(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                               const c10::optional<torch::Tensor>& output, bool relu, const torch::Tensor& means,
                                               bool with_residual) {
  const OnDevice device(x);
  const NormShape shape = shape_of(x);
  std::vector<torch::Tensor> result{like(x)};
  if (with_residual) result.push_back(like(x));
  for_value_type(x.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    const NormGradientInput<Value> input{values_of<Value>(x), values_or_null<Value>(output), values_of<Value>(gradient)};
    norm_backward(shape, parameters_of(norm, relu), {means.data_ptr<float>(), means.data_ptr<float>() + shape.channels}, input,
                  values_of<Value>(result[0]), with_residual ? values_of<Value>(result[1]) : nullptr, device.stream);
  });
  return result;
}

}  // namespace seg::cuda
