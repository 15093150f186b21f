// Soft intersection over union: L = 1 - mean_c I_c / U_c over the batch (Rahman and Wang, ISVC 2016).
//
//   I_c = sum_n p_nc [y_n = c],   U_c = sum_n (p_nc + [y_n = c] - p_nc [y_n = c]),   over the valid pixels
//
// Both are computed from the region sums of ops/class_sums.hpp, without a tensor at full size.
//
// A class without pixels has I_c = 0. If its probability underflows everywhere, 0 / 0 is set to 0, the limit of 0 / U_c. With
// soft_iou.classes: all, such a class therefore adds its whole share to the loss and nothing to the gradient.
//
// With several ranks, I_c and U_c are summed over them, so that the loss is that of the whole batch.
#pragma once

#include "losses/full_size.hpp"
#include "losses/loss.hpp"

namespace seg {

class SoftIouLoss : public Loss {
 public:
  SoftIouLoss(const LossOptions& options, const LossContext&) : options_(options.soft_iou) {}

  LossResult compute(const LossInput& batch) override {
    const ClassSums& sums = batch.sums_with_regions();
    const torch::Tensor& intersection = sums.true_probability;
    const torch::Tensor iou = intersection / (sums.probability + sums.pixels - intersection).clamp_min(1e-12);

    const torch::Tensor chosen = taking_part(options_.classes, sums.pixels).to(torch::kDouble);
    const torch::Tensor loss = 1 - (iou * chosen).sum() / or_one(chosen.sum());
    return {batch.share_of(loss * batch.valid_pixels().gt(0)).to(torch::kFloat), {}};
  }
  Regions regions() const override { return Regions::kYes; }

 private:
  RegionOptions options_;
};

}  // namespace seg
