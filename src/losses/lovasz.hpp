// Lovasz-softmax: the convex surrogate of 1 - IoU, a class at a time, over the batch's valid pixels (Berman et al., arXiv 1705.08790).
//
//   e_n = |[y_n = c] - p_nc| sorted falling;  L_c = sum_i e_(i) (J_i - J_{i-1}),
//   J_i = 1 - (G - hits_i) / (G + misses_i), G = GT_c, of the first i pixels hits_i have label c and misses_i another
//
// Several ranks: the mean of the losses of their parts, since sorting is not a sum; not the loss of the whole batch.
#pragma once

#include "losses/loss.hpp"

namespace seg {

class LovaszLoss : public Loss {
 public:
  LovaszLoss(const LossOptions& options, const LossContext&) : options_(options.lovasz) {}

  LossResult compute(const LossInput& batch) override;

 private:
  LovaszOptions options_;
};

}  // namespace seg
