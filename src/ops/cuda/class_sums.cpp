#include "ops/cuda/class_sums.hpp"

#include "ops/cuda/axis.hpp"
#include "ops/cuda/tensor_grid.hpp"
#include "ops/cuda/tensors.hpp"

namespace seg::cuda {
namespace {

/// A grid and the memory that it points to.
class Grid {
 public:
  Grid(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners, const OnDevice& device)
      : logits_(logits),
        rows_(logits.size(2), height, align_corners, device, logits.options().requires_grad(false)),
        columns_(logits.size(3), width, align_corners, device, logits.options().requires_grad(false)) {}

  template <class Value>
  ScoreGrid<Value> of() const {
    return grid_over<Value>(logits_, rows_.tables(), columns_.tables());
  }

 private:
  torch::Tensor logits_;
  Axis rows_, columns_;
};

/// [rows,K] each.
ClassSums empty_sums(const std::vector<std::int64_t>& sizes, const torch::TensorOptions& options, Regions regions) {
  const auto counts = [&] { return torch::empty(sizes, options.dtype(torch::kLong)); };
  const auto values = [&] { return torch::empty(sizes, options.dtype(torch::kDouble)); };
  ClassSums sums{values(), counts(), counts(), counts()};
  if (regions == Regions::kYes) sums.probability = values(), sums.true_probability = values();
  return sums;
}

/// Null for a tensor that is not there.
template <class Value>
Value* pointer(const torch::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<Value>() : nullptr;
}

SumTables tables_of(const ClassSums& sums) {
  return {pointer<double>(sums.cross_entropy),   pointer<std::int64_t>(sums.pixels), pointer<std::int64_t>(sums.false_negatives),
          pointer<std::int64_t>(sums.predicted), pointer<double>(sums.probability),  pointer<double>(sums.true_probability)};
}

torch::Tensor as_float(const torch::Tensor& given) { return given.defined() ? given.to(torch::kFloat).contiguous() : given; }

}  // namespace

SumsForBackward class_sums_forward(const torch::Tensor& logits, const torch::Tensor& given_labels, bool align_corners, Regions regions) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous();
  const Grid grid(logits, labels.size(1), labels.size(2), align_corners, device);
  const auto options = logits.options().requires_grad(false);
  const ClassSums partial = empty_sums({sum_blocks(labels.numel()), logits.size(1)}, options, regions);
  SumsForBackward result{empty_sums({logits.size(1)}, options, regions), torch::empty(labels.sizes(), options.dtype(torch::kFloat))};
  for_value_type(logits.scalar_type(), [&](auto value) {
    cuda::class_sums_forward(grid.of<decltype(value)>(), labels.data_ptr<std::uint8_t>(), result.log_sums.data_ptr<float>(), tables_of(partial),
                             tables_of(result.sums), device.stream);
  });
  return result;
}

torch::Tensor class_sums_backward(const ClassSumsGradient& gradient, const torch::Tensor& logits, const torch::Tensor& given_labels,
                                  const torch::Tensor& log_sums, bool align_corners) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous();
  const torch::Tensor entropy = as_float(gradient.cross_entropy), probability = as_float(gradient.probability);
  const torch::Tensor of_truth = as_float(gradient.true_probability), mixed = probability.defined() ? torch::empty_like(log_sums) : torch::Tensor();
  const Grid grid(logits, labels.size(1), labels.size(2), align_corners, device);
  const torch::Tensor result = torch::empty({logits.size(0), logits.size(2), logits.size(3), logits.size(1)}, logits.options().requires_grad(false));
  const PixelGradients pixels{labels.data_ptr<std::uint8_t>(), pointer<float>(log_sums), pointer<float>(entropy),
                              pointer<float>(probability),     pointer<float>(of_truth), pointer<float>(mixed)};
  for_value_type(logits.scalar_type(), [&](auto value) {
    using Value = decltype(value);
    cuda::class_sums_backward(grid.of<Value>(), pixels, values_of<Value>(result), device.stream);
  });
  return result.permute({0, 3, 1, 2});
}

torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  const OnDevice device(logits);
  const Grid grid(logits, height, width, align_corners, device);
  torch::Tensor result = torch::empty({logits.size(0), height, width}, logits.options().dtype(torch::kByte).requires_grad(false));
  for_value_type(logits.scalar_type(),
                 [&](auto value) { cuda::predict_labels(grid.of<decltype(value)>(), result.data_ptr<std::uint8_t>(), device.stream); });
  return result;
}

}  // namespace seg::cuda
