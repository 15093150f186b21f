#include "engine/training/readings_sum.hpp"

namespace seg {

void add_to(torch::Tensor& sum, const torch::Tensor& value) {
  if (value.defined()) sum = sum.defined() ? sum + value : value;
}

void ReadingsSum::add(const ClassReadings& batch) {
  add_to(sum_.pixels, batch.pixels);
  add_to(sum_.false_negatives, batch.false_negatives);
  add_to(sum_.false_positives, batch.false_positives);
  if (!batch.weights.defined()) return;
  const torch::Tensor present = batch.pixels.gt(0);
  add_to(sum_.weights, batch.weights * present);
  add_to(used_, present.to(torch::kLong));
}

ClassReadings ReadingsSum::mean() const {
  ClassReadings readings = sum_;
  if (readings.weights.defined()) readings.weights = readings.weights / used_.clamp_min(1);
  return readings;
}

}  // namespace seg
