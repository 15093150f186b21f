#include "losses/full_size.hpp"

#include <ATen/ATen.h>

namespace seg {

TruePixels true_pixels(const torch::Tensor& scores, const torch::Tensor& labels, const torch::Tensor& margins, double scale) {
  const torch::Tensor valid = labels.ne(kIgnoreLabel);
  const torch::Tensor target = labels.to(torch::kLong).masked_fill(valid.logical_not(), 0);
  torch::Tensor moved = scores;
  if (margins.defined()) {
    const torch::Tensor margin = margins.to(scores.options()).index_select(0, target.flatten()).view_as(target).unsqueeze(1);
    moved = scores.scatter_add(1, target.unsqueeze(1), margin.neg());
  }
  if (scale != 1.0) moved = moved * scale;
  return {at::log_softmax(moved, 1).gather(1, target.unsqueeze(1)).squeeze(1).masked_select(valid), target.masked_select(valid)};
}

torch::Tensor weighted_mean(const torch::Tensor& values, const torch::Tensor& truth, const torch::Tensor& kept, const std::vector<double>& weights,
                            Normalizer normalizer) {
  torch::Tensor weight = torch::tensor(weights, torch::kDouble).to(values.device()).index_select(0, truth);
  if (kept.defined()) weight = weight * kept;
  const torch::Tensor sum = (values.to(torch::kDouble) * weight).sum();
  const torch::Tensor count = kept.defined() ? kept.sum().to(torch::kDouble) : torch::full_like(sum, static_cast<double>(truth.size(0))).detach();
  const torch::Tensor normaliser = normalizer == Normalizer::kWeightSum ? weight.sum() : count;
  return (sum / normaliser.masked_fill(normaliser.eq(0), 1.0)).to(torch::kFloat);
}

torch::Tensor zero_loss(const torch::Tensor& logits) { return (logits.to(torch::kFloat) * 0.0).sum(); }

}  // namespace seg
