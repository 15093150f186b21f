// Several losses on the same batch, each with a factor: L = sum_i factor_i L_i.
#pragma once

#include "losses/loss.hpp"

namespace seg {

struct SumPart {
  LossOptions options;
  double factor;
};

/// The parts that loss.sum names, by name: their factors, and their options, where loss.weighting is for those that follow it. Throws
/// kConfiguration for none, and for a sum in a sum.
std::vector<SumPart> sum_parts(const LossOptions& options);

class SumLoss : public Loss {
 public:
  SumLoss(const std::vector<SumPart>& parts, const LossContext& context);

  /// The statistics are those of a part that follows recalls or IoUs, else of one that has weights.
  LossResult compute(const LossInput& batch) override;
  Regions regions() const override;
  /// The parts' states, named "PART.NAME".
  State state() const override;
  void load(const State& state) override;

 private:
  struct Part {
    std::string name;
    double factor;
    std::unique_ptr<Loss> loss;
  };

  std::vector<Part> parts_;
};

}  // namespace seg
