#include "losses/full_size.hpp"

#include <ATen/ATen.h>

namespace seg {

TruePixels true_pixels(const LossInput& batch, const torch::Tensor& margins, double scale) {
  const torch::Tensor& target = batch.target();
  torch::Tensor scores = batch.full_size();
  if (margins.defined()) {
    const torch::Tensor margin = margins.to(scores.options()).index_select(0, target.flatten()).view_as(target).unsqueeze(1);
    scores = scores.scatter_add(1, target.unsqueeze(1), margin.neg());
  }
  if (scale != 1.0) scores = scores * scale;
  const torch::Tensor of_truth = at::log_softmax(scores, 1).gather(1, target.unsqueeze(1)).squeeze(1);
  return {of_truth.flatten(), target.flatten(), batch.valid().flatten()};
}

torch::Tensor weighted_mean(const torch::Tensor& values, const TruePixels& pixels, const torch::Tensor& counted, const torch::Tensor& weights,
                            Normalizer normalizer, const Communicator& ranks) {
  const torch::Tensor weight = weights.index_select(0, pixels.truth) * counted;
  const torch::Tensor sum = (values.to(torch::kDouble) * weight).sum();
  const torch::Tensor normaliser = normalizer == Normalizer::kWeightSum ? weight.sum() : counted.sum().to(torch::kDouble);
  ranks.sum(normaliser);
  return (sum / or_one(normaliser)).to(torch::kFloat);
}

torch::Tensor taking_part(RegionClasses classes, const torch::Tensor& pixels) {
  return classes == RegionClasses::kAll ? torch::ones_like(pixels, torch::kBool) : pixels.gt(0);
}

}  // namespace seg
