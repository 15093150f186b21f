#include "losses/soft_iou.hpp"

#include <ATen/ATen.h>

#include "losses/full_size.hpp"
#include "ops/upsample.hpp"

namespace seg {

LossResult SoftIouLoss::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  const BatchCounts batch = count_batch(logits, labels, align_corners_);
  if (batch.counts.total() == 0) return {zero_loss(logits), batch.cross_entropy};
  const torch::Tensor scores = upsample_logits(logits, labels.size(1), labels.size(2), align_corners_);
  const torch::Tensor valid = labels.ne(kIgnoreLabel);
  const torch::Tensor target = labels.to(torch::kLong).masked_fill(valid.logical_not(), 0);
  const torch::Tensor probabilities = at::softmax(scores, 1);
  const torch::Tensor of_truth = probabilities.gather(1, target.unsqueeze(1)).squeeze(1).masked_select(valid).to(torch::kDouble);
  const torch::Tensor intersection =
      torch::zeros({scores.size(1)}, of_truth.options().requires_grad(false)).index_add(0, target.masked_select(valid), of_truth);

  const torch::Tensor predicted = (probabilities * valid.unsqueeze(1)).sum({0, 2, 3}, false, torch::kDouble);
  const torch::Tensor counted = torch::tensor(batch.counts.pixels, torch::kLong).to(scores.device());
  const torch::Tensor iou = intersection / (predicted + counted - intersection).clamp_min(1e-12);

  std::vector<double> mean;
  for (const std::int64_t pixels : batch.counts.pixels) mean.push_back(takes_part(options_.classes, pixels) ? 1.0 : 0.0);
  const torch::Tensor chosen = torch::tensor(mean, torch::kDouble).to(scores.device());
  return {(1 - (iou * chosen).sum() / chosen.sum()).to(torch::kFloat), batch.cross_entropy};
}

}  // namespace seg
