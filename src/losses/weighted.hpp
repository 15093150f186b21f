// What the losses with class weights share: the weighting, whose state is theirs.
#pragma once

#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

class WeightedLoss : public Loss {
 public:
  /// With the weighting that these options ask for.
  WeightedLoss(const LossOptions& options, const LossContext& context) : weighting_(build_weighting(weighting_of(options), options, context)) {}

  State state() const final { return weighting_.classes->state(); }
  void load(const State& state) final { weighting_.classes->load(state); }

 protected:
  const Weighting& weighting() const { return weighting_; }

 private:
  Weighting weighting_;
};

}  // namespace seg
