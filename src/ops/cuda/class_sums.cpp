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
ClassSums empty_sums(const std::vector<std::int64_t>& sizes, const torch::TensorOptions& options) {
  const auto counts = [&] { return torch::empty(sizes, options.dtype(torch::kLong)); };
  return {torch::empty(sizes, options.dtype(torch::kDouble)), counts(), counts(), counts()};
}

SumTables tables_of(const ClassSums& sums) {
  return {sums.cross_entropy.data_ptr<double>(), sums.pixels.data_ptr<std::int64_t>(), sums.false_negatives.data_ptr<std::int64_t>(),
          sums.predicted.data_ptr<std::int64_t>()};
}

}  // namespace

SumsForBackward class_sums_forward(const torch::Tensor& logits, const torch::Tensor& given_labels, bool align_corners) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous();
  const Grid grid(logits, labels.size(1), labels.size(2), align_corners, device);
  const auto options = logits.options().requires_grad(false);
  const ClassSums partial = empty_sums({sum_blocks(labels.numel()), logits.size(1)}, options);
  SumsForBackward result{empty_sums({logits.size(1)}, options), torch::empty(labels.sizes(), options.dtype(torch::kFloat))};
  for_value_type(logits.scalar_type(), [&](auto value) {
    cuda::class_sums_forward(grid.of<decltype(value)>(), labels.data_ptr<std::uint8_t>(), result.log_sums.data_ptr<float>(), tables_of(partial),
                             tables_of(result.sums), device.stream);
  });
  return result;
}

torch::Tensor class_sums_backward(const torch::Tensor& gradient, const torch::Tensor& logits, const torch::Tensor& given_labels,
                                  const torch::Tensor& log_sums, bool align_corners) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous(), class_gradient = gradient.to(torch::kFloat).contiguous();
  const Grid grid(logits, labels.size(1), labels.size(2), align_corners, device);
  const torch::Tensor result = torch::empty({logits.size(0), logits.size(2), logits.size(3), logits.size(1)}, logits.options().requires_grad(false));
  const PixelGradients pixels{labels.data_ptr<std::uint8_t>(), log_sums.data_ptr<float>(), class_gradient.data_ptr<float>()};
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
