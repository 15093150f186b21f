#include "losses/soft_iou.hpp"

#include <ATen/ATen.h>

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

/// float64 [K]: the sum of the values of each class's pixels; values float64 and target int64 of one shape. Elsewhere than on the CPU, index_add
/// would add millions of values to few places one after another, in an order of its own.
torch::Tensor sums_by_class(const torch::Tensor& values, const torch::Tensor& target, std::int64_t classes) {
  if (values.is_cpu()) return torch::zeros({classes}, values.options().requires_grad(false)).index_add(0, target.flatten(), values.flatten());
  std::vector<torch::Tensor> sums;
  for (std::int64_t c = 0; c < classes; ++c) sums.push_back((values * target.eq(c)).sum());
  return torch::stack(sums);
}

}  // namespace

LossResult SoftIouLoss::compute(const Scored& batch) {
  const torch::Tensor& target = batch.target();
  const torch::Tensor& valid = batch.valid();
  const torch::Tensor probabilities = at::softmax(batch.full_size(), 1);
  // An ignored pixel adds 0: choosing the others would have to wait for their number.
  const torch::Tensor of_truth = probabilities.gather(1, target.unsqueeze(1)).squeeze(1).to(torch::kDouble) * valid;
  const torch::Tensor own_intersection = sums_by_class(of_truth, target, probabilities.size(1));

  const torch::Tensor& counted = batch.sums().pixels;
  const torch::Tensor own_predicted = (probabilities * valid.unsqueeze(1)).sum({0, 2, 3}, false, torch::kDouble);
  const torch::Tensor both = over_ranks(torch::stack({own_intersection, own_predicted}), batch.ranks());
  const torch::Tensor intersection = both[0], predicted = both[1];
  const torch::Tensor iou = intersection / (predicted + counted - intersection).clamp_min(1e-12);

  const torch::Tensor chosen = taking_part(options_.classes, counted).to(torch::kDouble);
  const torch::Tensor loss = 1 - (iou * chosen).sum() / or_one(chosen.sum());
  return {share_of(loss * batch.valid_pixels().gt(0), batch.ranks()).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
