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

/// errors [M], is_class bool [M].
torch::Tensor class_loss(const torch::Tensor& errors, const torch::Tensor& is_class) {
  const auto [sorted, order] = errors.sort(0, /*descending=*/true);
  return (sorted.to(torch::kDouble) * jaccard_steps(is_class.index_select(0, order))).sum();
}

torch::Tensor errors_of(const torch::Tensor& probability, const torch::Tensor& is_class) {
  return (is_class.to(probability.scalar_type()) - probability).abs();
}

/// The mean over the classes that take part; the host waits to know which, since sorting an absent class would cost as much as any other.
torch::Tensor mean_loss(const Scored& batch, RegionClasses classes) {
  const torch::Tensor pixels = batch.own_sums().pixels.cpu();
  const torch::Tensor takes_part = taking_part(classes, pixels);
  if (pixels.sum().item<std::int64_t>() == 0) return zero_loss(batch.logits());
  const torch::Tensor truth = batch.labels().masked_select(batch.valid());
  const torch::Tensor probabilities = at::softmax(batch.full_size(), 1);
  torch::Tensor sum = torch::zeros({}, batch.logits().options().dtype(torch::kDouble).requires_grad(false));
  std::int64_t count = 0;
  for (std::int64_t c = 0; c < batch.logits().size(1); ++c) {
    if (!takes_part[c].item<bool>()) continue;
    const torch::Tensor is_class = truth.eq(c);
    sum = sum + class_loss(errors_of(probabilities.select(1, c).masked_select(batch.valid()), is_class), is_class);
    ++count;
  }
  return sum / (count * batch.ranks().world_size());
}

/// The same, for which the host knows no number. The error of an ignored pixel is 0: it comes after all that count, and adds nothing.
torch::Tensor mean_loss_ahead(const Scored& batch, RegionClasses classes) {
  const torch::Tensor valid = batch.valid().flatten(), truth = batch.target().flatten();
  const torch::Tensor probabilities = at::softmax(batch.full_size(), 1);
  std::vector<torch::Tensor> of_classes;
  for (std::int64_t c = 0; c < batch.logits().size(1); ++c) {
    const torch::Tensor is_class = truth.eq(c).logical_and(valid);
    of_classes.push_back(class_loss(errors_of(probabilities.select(1, c).flatten(), is_class) * valid, is_class));
  }
  const torch::Tensor chosen = taking_part(classes, batch.own_sums().pixels).to(torch::kDouble);
  const torch::Tensor sum = (torch::stack(of_classes) * chosen).sum();
  return sum / (or_one(chosen.sum()) * batch.ranks().world_size());
}

}  // namespace

LossResult LovaszLoss::compute(const Scored& batch) {
  const torch::Tensor mean = batch.runs_ahead() ? mean_loss_ahead(batch, options_.classes) : mean_loss(batch, options_.classes);
  return {mean.to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
