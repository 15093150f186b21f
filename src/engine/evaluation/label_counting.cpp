#include "engine/evaluation/label_counting.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/evaluation/boundary.hpp"
#include "engine/evaluation/confusion.hpp"
#include "ops/label_counts.hpp"

namespace seg {

LabelCounting::LabelCounting(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, Of of)
    : predicted_(predicted), truth_(truth), classes_(classes), of_(of) {
  const std::int64_t width = of == Of::kAll ? boundary_width(truth.size(0), truth.size(1)) : 0;
  const torch::Tensor counts = label_counts(predicted, truth, classes, width);
  if (counts.numel() > 0) {
    copy_ = HostCopy(counts);
    return;
  }
  count_here(counts_);
  predicted_.reset();
  truth_.reset();
}

void LabelCounting::count_here(LabelCounts& counts) const {
  const torch::Tensor predicted = predicted_.cpu(), truth = truth_.cpu();
  Confusion confusion(classes_);
  confusion.add(predicted, truth);
  counts.confusion = confusion.table();
  if (of_ == Of::kConfusion) return;
  BoundaryCounts boundary(classes_);
  boundary.add(predicted, truth);
  counts.boundary = boundary.counts();
}

LabelCounts LabelCounting::get() const {
  if (!predicted_.defined()) return counts_;
  auto counts = read_counts(copy_.wait().data_ptr<std::int64_t>(), classes_, of_);
  if (!counts) count_here(counts.emplace());  // throws, and says which label it is
  return *counts;
}

std::optional<LabelCounts> read_counts(const std::int64_t* row, std::int64_t classes, LabelCounting::Of of) {
  LabelCounts counts{{classes, {}}, {}};
  bool foreign = false;
  for (std::int64_t truth = 0; truth <= classes; ++truth, row += classes + 2) {
    foreign = foreign || row[classes + 1] != 0 || (truth == classes && std::any_of(row, row + classes + 1, [](std::int64_t n) { return n != 0; }));
    if (truth < classes) counts.confusion.counts.insert(counts.confusion.counts.end(), row, row + classes + 1);
  }
  if (foreign) return std::nullopt;
  for (std::int64_t c = 0; of == LabelCounting::Of::kAll && c < classes; ++c)
    counts.boundary.push_back({row[c], row[classes + c], row[2 * classes + c]});
  return counts;
}

}  // namespace seg
