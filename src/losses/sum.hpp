// Several losses on the same batch, each with a factor: L = sum_i factor_i L_i.
#pragma once

#include <algorithm>

#include "base/error.hpp"
#include "core/state.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

struct SumPart {
  LossOptions options;
  double factor;
};

/// The parts in loss.sum with their factors and their options, sorted by name; loss.weighting applies only to parts that use it. Throws
/// kConfiguration if there are no parts, and for a sum in a sum.
inline std::vector<SumPart> sum_parts(const LossOptions& options) {
  if (options.sum.empty()) throw Error(ErrorKind::kConfiguration, "loss.sum is empty", "set it, for example loss.sum: {ce: 1, lovasz: 1}");
  std::vector<SumPart> parts;
  for (const auto& [name, factor] : options.sum) {
    if (name == "sum") throw Error(ErrorKind::kConfiguration, "loss.sum cannot contain another sum", "list the losses themselves");
    LossOptions part = options;
    part.type = name;
    if (!follows_weighting(name)) part.weighting = "default";
    parts.push_back({std::move(part), factor});
  }
  return parts;
}

class SumLoss : public Loss {
 public:
  SumLoss(const std::vector<SumPart>& parts, const LossContext& context) {
    for (const SumPart& part : parts) parts_.push_back({part.options.type, part.factor, build_loss(part.options, context)});
  }

  /// The statistics are those of a part whose weights are computed from recalls or IoUs, else of a part with weights.
  LossResult compute(const LossInput& batch) override {
    LossResult total;
    for (const Part& part : parts_) {
      LossResult result = part.loss->compute(batch);
      const torch::Tensor value = result.value * part.factor;
      total.value = total.value.defined() ? total.value + value : value;
      const BatchClassStatistics& best = total.statistics;
      const bool better = result.statistics.false_negatives.defined() ? !best.false_negatives.defined() : !best.weights.defined();
      if (better) total.statistics = std::move(result.statistics);
    }
    return total;
  }
  Regions regions() const override {
    const bool any = std::ranges::any_of(parts_, [](const Part& part) { return part.loss->regions() == Regions::kYes; });
    return any ? Regions::kYes : Regions::kNo;
  }
  /// The states of the parts, named "PART.NAME".
  State state() const override {
    State all;
    for (const Part& part : parts_) all.merge(with_prefix(part.loss->state(), part.name + "."));
    return all;
  }
  void load(const State& state) override {
    for (const Part& part : parts_) part.loss->load(without_prefix(state, part.name + "."));
  }

 private:
  struct Part {
    std::string name;
    double factor;
    std::unique_ptr<Loss> loss;
  };

  std::vector<Part> parts_;
};

}  // namespace seg
