#include "losses/lovasz.hpp"

#include <ATen/ATen.h>

#include "losses/full_size.hpp"

namespace seg {
namespace {

/// J_i - J_{i-1} for labels sorted by falling error: float64 [M]. In double, because a step is about 1 / M.
torch::Tensor jaccard_steps(const torch::Tensor& is_class) {
  const torch::Tensor hits = is_class.to(torch::kDouble).cumsum(0);
  const torch::Tensor misses = is_class.logical_not().to(torch::kDouble).cumsum(0);
  const torch::Tensor total = hits.select(0, hits.size(0) - 1);
  const torch::Tensor jaccard = 1 - (total - hits) / (total + misses);
  torch::Tensor steps = jaccard.clone();
  steps.slice(0, 1) -= jaccard.slice(0, 0, jaccard.size(0) - 1);
  return steps;
}

/// probability [M] of one class, is_class bool [M].
torch::Tensor class_loss(const torch::Tensor& probability, const torch::Tensor& is_class) {
  const torch::Tensor errors = (is_class.to(probability.scalar_type()) - probability).abs();
  const auto [sorted, order] = errors.sort(0, /*descending=*/true);
  return (sorted.to(torch::kDouble) * jaccard_steps(is_class.index_select(0, order))).sum();
}

}  // namespace

LossResult LovaszLoss::compute(const Scored& batch) {
  const torch::Tensor pixels = batch.own_sums().pixels.cpu();  // sorting an absent class would cost as much as any other
  const torch::Tensor takes_part = taking_part(options_.classes, pixels);
  if (pixels.sum().item<std::int64_t>() == 0) return {zero_loss(batch.logits()), batch.mean_cross_entropy(), {}};
  const torch::Tensor truth = batch.labels().masked_select(batch.valid());
  const torch::Tensor probabilities = at::softmax(batch.full_size(), 1);
  torch::Tensor sum = torch::zeros({}, batch.logits().options().dtype(torch::kDouble).requires_grad(false));
  std::int64_t classes = 0;
  for (std::int64_t c = 0; c < batch.logits().size(1); ++c) {
    if (!takes_part[c].item<bool>()) continue;
    sum = sum + class_loss(probabilities.select(1, c).masked_select(batch.valid()), truth.eq(c));
    ++classes;
  }
  return {(sum / (classes * batch.ranks().world_size())).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
