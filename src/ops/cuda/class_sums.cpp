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

/// The fields of ClassSums, each of this size, or empty if not requested.
std::vector<torch::Tensor> empty_sums(const std::vector<std::int64_t>& sizes, const torch::TensorOptions& options, bool regions) {
  const auto counts = [&] { return torch::empty(sizes, options.dtype(torch::kLong)); };
  const auto values = [&](bool wanted) {
    return torch::empty(wanted ? at::IntArrayRef(sizes) : at::IntArrayRef({0}), options.dtype(torch::kDouble));
  };
  return {values(true), counts(), counts(), counts(), values(regions), values(regions)};
}

/// Null for an empty tensor.
template <class Value>
Value* pointer(const torch::Tensor& tensor) {
  return tensor.numel() > 0 ? tensor.data_ptr<Value>() : nullptr;
}

SumTables tables_of(const std::vector<torch::Tensor>& sums) {
  return {pointer<double>(sums[0]),       pointer<std::int64_t>(sums[1]), pointer<std::int64_t>(sums[2]),
          pointer<std::int64_t>(sums[3]), pointer<double>(sums[4]),       pointer<double>(sums[5])};
}

torch::Tensor as_float(const torch::Tensor& given) { return given.to(torch::kFloat).contiguous(); }

}  // namespace

std::vector<torch::Tensor> class_sums(const torch::Tensor& logits, const torch::Tensor& given_labels, bool align_corners, bool regions) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous();
  const Grid grid(logits, labels.size(1), labels.size(2), align_corners, device);
  const auto options = logits.options().requires_grad(false);
  const std::vector<torch::Tensor> partial = empty_sums({sum_blocks(labels.numel()), logits.size(1)}, options, regions);
  std::vector<torch::Tensor> sums = empty_sums({logits.size(1)}, options, regions);
  const torch::Tensor log_sums = torch::empty(labels.sizes(), options.dtype(torch::kFloat));
  for_value_type(logits.scalar_type(), [&](auto value) {
    class_sums_forward(grid.of<decltype(value)>(), labels.data_ptr<std::uint8_t>(), log_sums.data_ptr<float>(), tables_of(partial), tables_of(sums),
                       device.stream);
  });
  sums.push_back(log_sums);
  return sums;
}

torch::Tensor class_sums_backward(at::TensorList gradients, const torch::Tensor& logits, const torch::Tensor& given_labels,
                                  const torch::Tensor& log_sums, bool align_corners) {
  const OnDevice device(logits);
  const torch::Tensor labels = given_labels.contiguous();
  const torch::Tensor entropy = as_float(gradients[0]), probability = as_float(gradients[1]), of_truth = as_float(gradients[2]);
  const torch::Tensor mixed = torch::empty(probability.numel() > 0 ? log_sums.sizes() : at::IntArrayRef({0}), log_sums.options());
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

torch::Tensor predict_labels(const torch::Tensor& given, std::int64_t height, std::int64_t width, bool align_corners) {
  const OnDevice device(given);
  const torch::Tensor logits = given.scalar_type() == torch::kDouble ? given.to(torch::kFloat) : given;
  const Grid grid(logits, height, width, align_corners, device);
  torch::Tensor result = torch::empty({logits.size(0), height, width}, logits.options().dtype(torch::kByte).requires_grad(false));
  for_value_type(logits.scalar_type(),
                 [&](auto value) { cuda::predict_labels(grid.of<decltype(value)>(), result.data_ptr<std::uint8_t>(), device.stream); });
  return result;
}

}  // namespace seg::cuda
