#include "ops/cuda/label_counts.hpp"

#include "ops/cuda/label_kernels.hpp"
#include "ops/cuda/tensors.hpp"

namespace seg::cuda {

torch::Tensor label_counts(const torch::Tensor& given_predicted, const torch::Tensor& given_truth, std::int64_t classes,
                           std::int64_t boundary_width) {
  const OnDevice device(given_truth);
  const torch::Tensor predicted = given_predicted.contiguous(), truth = given_truth.contiguous();
  const LabelGrid grid{predicted.data_ptr<std::uint8_t>(), truth.data_ptr<std::uint8_t>(), static_cast<std::int32_t>(truth.size(0)),
                       static_cast<std::int32_t>(truth.size(1)), static_cast<std::int32_t>(classes)};
  const std::int32_t pairs = pair_cells(grid.classes), boundary = boundary_width > 0 ? boundary_cells(grid.classes) : 0;
  const torch::Tensor counts = torch::zeros({pairs + boundary}, truth.options().dtype(torch::kLong));
  auto* first = static_cast<Count*>(counts.data_ptr());
  count_pairs(grid, first, device.stream);
  if (boundary == 0) return counts;
  const torch::Tensor ranges = torch::empty({truth.numel(), static_cast<std::int64_t>(sizeof(LabelRange))}, truth.options());
  count_boundary(grid, static_cast<std::int32_t>(boundary_width), static_cast<LabelRange*>(ranges.data_ptr()), first + pairs, device.stream);
  return counts;
}

}  // namespace seg::cuda
