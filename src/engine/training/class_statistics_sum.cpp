#include "engine/training/class_statistics_sum.hpp"

namespace seg {

void add_to(torch::Tensor& sum, const torch::Tensor& value) {
  if (value.defined()) sum = sum.defined() ? sum + value : value;
}

void ClassStatisticsSum::add(const BatchClassStatistics& batch) {
  add_to(sum_.pixels, batch.pixels);
  add_to(sum_.false_negatives, batch.false_negatives);
  add_to(sum_.false_positives, batch.false_positives);
  if (!batch.weights.defined()) return;
  const torch::Tensor present = batch.pixels.gt(0);
  add_to(sum_.weights, batch.weights * present);
  add_to(used_, present.to(torch::kLong));
}

BatchClassStatistics ClassStatisticsSum::mean() const {
  BatchClassStatistics statistics = sum_;
  if (statistics.weights.defined()) statistics.weights = statistics.weights / used_.clamp_min(1);
  return statistics;
}

}  // namespace seg
