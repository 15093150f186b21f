// Soft intersection over union: L = 1 - mean_c I_c / U_c over the batch (Rahman and Wang, ISVC 2016).
//
//   I_c = sum_n p_nc [y_n = c],   U_c = sum_n (p_nc + [y_n = c] - p_nc [y_n = c]),   over the valid pixels
#pragma once

#include "losses/loss.hpp"

namespace seg {

class SoftIouLoss : public Loss {
 public:
  SoftIouLoss(const SoftIouOptions& options, bool align_corners) : options_(options), align_corners_(align_corners) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;

 private:
  SoftIouOptions options_;
  bool align_corners_;
};

}  // namespace seg
