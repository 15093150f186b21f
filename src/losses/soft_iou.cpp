#include "losses/soft_iou.hpp"

#include <ATen/ATen.h>

#include "losses/full_size.hpp"

namespace seg {

LossResult SoftIouLoss::compute(const Scored& batch) {
  const torch::Tensor& target = batch.target();
  const torch::Tensor& valid = batch.valid();
  const torch::Tensor probabilities = at::softmax(batch.full_size(), 1);
  const torch::Tensor of_truth = probabilities.gather(1, target.unsqueeze(1)).squeeze(1).masked_select(valid).to(torch::kDouble);
  const torch::Tensor intersection =
      torch::zeros({probabilities.size(1)}, of_truth.options().requires_grad(false)).index_add(0, target.masked_select(valid), of_truth);

  const torch::Tensor& counted = batch.sums().pixels;
  const torch::Tensor predicted = (probabilities * valid.unsqueeze(1)).sum({0, 2, 3}, false, torch::kDouble);
  const torch::Tensor iou = intersection / (predicted + counted - intersection).clamp_min(1e-12);

  const torch::Tensor chosen = taking_part(options_.classes, counted).to(torch::kDouble);
  const torch::Tensor loss = 1 - (iou * chosen).sum() / or_one(chosen.sum());
  return {(loss * batch.valid_pixels().gt(0)).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
