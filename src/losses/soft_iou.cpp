#include "losses/soft_iou.hpp"

#include "losses/full_size.hpp"

namespace seg {

LossResult SoftIouLoss::compute(const LossInput& batch) {
  const ClassSums& sums = batch.sums_with_regions();
  const torch::Tensor& intersection = sums.true_probability;
  const torch::Tensor iou = intersection / (sums.probability + sums.pixels - intersection).clamp_min(1e-12);

  const torch::Tensor chosen = taking_part(options_.classes, sums.pixels).to(torch::kDouble);
  const torch::Tensor loss = 1 - (iou * chosen).sum() / or_one(chosen.sum());
  return {batch.share_of(loss * batch.valid_pixels().gt(0)).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
