#include "ops/label_counts.hpp"

#include "ops/cuda/label_counts.hpp"

namespace seg {

std::optional<torch::Tensor> label_counts(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes,
                                          std::int64_t boundary_width) {
  if constexpr (cuda::kBuilt) {
    if (cuda::takes(truth)) return cuda::label_counts(predicted, truth, classes, boundary_width);
  }
  return std::nullopt;
}

}  // namespace seg
