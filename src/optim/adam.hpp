// Adam and AdamW: steps scaled by running means of the gradient and of its square.
//
//   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2
//   p <- p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// Kingma, Ba: Adam, arXiv 1412.6980. Decay d: Adam adds d p to g; AdamW (Loshchilov, Hutter, arXiv 1711.05101) first
// scales p by 1 - lr d. t counts the updates of each parameter.
#pragma once

#include "optim/grouped.hpp"

namespace seg {

enum class Decay { kInGradient, kDecoupled };

class Adam : public GroupedOptimizer {
 public:
  Adam(const AdamOptions& options, Decay decay, std::vector<ParameterGroup> groups);

 private:
  void apply(const ParameterUpdate& update) const override;

  AdamOptions options_;
  Decay decay_;
};

}  // namespace seg
