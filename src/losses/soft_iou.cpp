#include "losses/soft_iou.hpp"

#include "losses/full_size.hpp"

namespace seg {

namespace {

/// The sums of all ranks for those of this part, whose gradient they keep.
torch::Tensor over_ranks(const torch::Tensor& own, const Communicator& ranks) {
  if (!ranks.several()) return own;
  const torch::Tensor whole = own.detach().clone();
  ranks.sum(whole);
  return own + (whole - own.detach());
}

/// A rank's share of a value that all ranks have, with the whole gradient: what the others add to it comes from their parts.
torch::Tensor share_of(const torch::Tensor& value, const Communicator& ranks) {
  return ranks.several() ? value - value.detach() * (1.0 - 1.0 / static_cast<double>(ranks.world_size())) : value;
}

}  // namespace

LossResult SoftIouLoss::compute(const LossInput& batch) {
  const ClassSums& sums = batch.sums_with_regions();
  const torch::Tensor both = over_ranks(torch::stack({sums.true_probability, sums.probability}), batch.ranks());
  const torch::Tensor intersection = both[0], predicted = both[1];
  const torch::Tensor iou = intersection / (predicted + sums.pixels - intersection).clamp_min(1e-12);

  const torch::Tensor chosen = taking_part(options_.classes, sums.pixels).to(torch::kDouble);
  const torch::Tensor loss = 1 - (iou * chosen).sum() / or_one(chosen.sum());
  return {share_of(loss * batch.valid_pixels().gt(0), batch.ranks()).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
