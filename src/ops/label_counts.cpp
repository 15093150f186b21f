#include "ops/label_counts.hpp"

#include "ops/cuda/label_counts.hpp"
#include "ops/operators.hpp"

namespace seg {
namespace {

torch::Tensor no_label_counts(const torch::Tensor&, const torch::Tensor& truth, std::int64_t, std::int64_t) {
  return torch::empty({0}, truth.options().dtype(torch::kLong));
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(no_label_counts)>(library, "label_counts(Tensor predicted, Tensor truth, int classes, int boundary_width) -> Tensor",
                                    {.cuda = cuda::built<decltype(no_label_counts), cuda::label_counts>(), .any = no_label_counts});
}

}  // namespace

torch::Tensor label_counts(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, std::int64_t boundary_width) {
  static const auto found = find_operator<decltype(no_label_counts)>("seg::label_counts");
  const BelowAutograd below;
  return found.call(predicted, truth, classes, boundary_width);
}

}  // namespace seg
