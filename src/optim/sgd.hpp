// Stochastic gradient descent with momentum.
//
//   g <- g + d p,  b <- mu b + g,  p <- p - lr b   (Nesterov: p <- p - lr (g + mu b)); b starts at zero.
// Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013.
#pragma once

#include "optim/grouped.hpp"

namespace seg {

class Sgd : public GroupedOptimizer {
 public:
  Sgd(const SgdOptions& options, std::vector<ParameterGroup> groups);

 private:
  void apply(const ParameterUpdate& update) const override;

  SgdOptions options_;
};

}  // namespace seg
