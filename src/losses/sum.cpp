#include "losses/sum.hpp"

namespace seg {

LossResult SumLoss::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  LossResult total;
  for (const Part& part : parts_) {
    const LossResult result = part.loss->compute(logits, labels);
    const torch::Tensor value = result.value * part.factor;
    total.value = total.value.defined() ? total.value + value : value;
    total.cross_entropy = result.cross_entropy;
  }
  return total;
}

ClassReadings SumLoss::readings() const {
  ClassReadings best;
  for (const Part& part : parts_) {
    ClassReadings readings = part.loss->readings();
    if (!readings.recalls.empty()) return readings;
    if (best.weights.empty()) best = std::move(readings);
  }
  return best;
}

State SumLoss::state() const {
  State all;
  for (const Part& part : parts_) {
    for (const auto& [name, tensor] : part.loss->state()) all[part.name + "." + name] = tensor;
  }
  return all;
}

void SumLoss::load(const State& state) {
  for (const Part& part : parts_) {
    const std::string prefix = part.name + ".";
    State own;
    for (const auto& [name, tensor] : state) {
      if (name.starts_with(prefix)) own[name.substr(prefix.size())] = tensor;
    }
    part.loss->load(own);
  }
}

}  // namespace seg
