#include "losses/full_size.hpp"

#include <ATen/ATen.h>

namespace seg {

TruePixels true_pixels(const Scored& batch, const torch::Tensor& margins, double scale) {
  const torch::Tensor& target = batch.target();
  torch::Tensor scores = batch.full_size();
  if (margins.defined()) {
    const torch::Tensor margin = margins.to(scores.options()).index_select(0, target.flatten()).view_as(target).unsqueeze(1);
    scores = scores.scatter_add(1, target.unsqueeze(1), margin.neg());
  }
  if (scale != 1.0) scores = scores * scale;
  const torch::Tensor of_truth = at::log_softmax(scores, 1).gather(1, target.unsqueeze(1)).squeeze(1);
  if (batch.runs_ahead()) return {of_truth.flatten(), target.flatten(), batch.valid().flatten()};
  return {of_truth.masked_select(batch.valid()), target.masked_select(batch.valid()), {}};
}

torch::Tensor weighted_mean(const torch::Tensor& values, const TruePixels& pixels, const torch::Tensor& kept, const torch::Tensor& weights,
                            Normalizer normalizer, const Communicator& ranks) {
  const torch::Tensor counted = kept.defined() ? kept : pixels.valid;
  torch::Tensor weight = weights.index_select(0, pixels.truth);
  if (counted.defined()) weight = weight * counted;
  const torch::Tensor sum = (values.to(torch::kDouble) * weight).sum();
  const torch::Tensor count =
      counted.defined() ? counted.sum().to(torch::kDouble) : torch::full_like(sum, static_cast<double>(pixels.truth.size(0))).detach();
  const torch::Tensor normaliser = normalizer == Normalizer::kWeightSum ? weight.sum() : count;
  ranks.sum(normaliser);
  return (sum / or_one(normaliser)).to(torch::kFloat);
}

torch::Tensor zero_loss(const torch::Tensor& logits) { return (logits.to(torch::kFloat) * 0.0).sum(); }

torch::Tensor taking_part(RegionClasses classes, const torch::Tensor& pixels) {
  return classes == RegionClasses::kAll ? torch::ones_like(pixels, torch::kBool) : pixels.gt(0);
}

}  // namespace seg
