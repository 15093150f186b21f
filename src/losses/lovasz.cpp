#include "losses/lovasz.hpp"

#include <ATen/ATen.h>

#include "losses/full_size.hpp"
#include "ops/jaccard_extension.hpp"

namespace seg {

LossResult LovaszLoss::compute(const LossInput& batch) {
  const torch::Tensor& pixels = batch.own_sums().pixels;
  // Of a class without a pixel the extension is its largest probability: a batch without any has no class to take part.
  const torch::Tensor chosen = taking_part(options_.classes, pixels).logical_and(pixels.sum().gt(0));
  const torch::Tensor sum = jaccard_extension(at::softmax(batch.full_size(), 1), batch.labels(), chosen).sum();
  const torch::Tensor count = or_one(chosen.sum().to(torch::kDouble));
  return {(sum / (count * batch.ranks().world_size())).to(torch::kFloat), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
