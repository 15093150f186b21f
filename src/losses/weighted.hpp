// The common base of losses with class weights: it holds the weighting, whose state is the state of the loss.
#pragma once

#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

class WeightedLoss : public Loss {
 public:
  /// Builds the weighting that the options select.
  WeightedLoss(const LossOptions& options, const LossContext& context) : weighting_(build_weighting(weighting_of(options), options, context)) {}

  State state() const final { return weighting_.classes->state(); }
  void load(const State& state) final { weighting_.classes->load(state); }

 protected:
  const Weighting& weighting() const { return weighting_; }

 private:
  Weighting weighting_;
};

}  // namespace seg
