// Lovasz-softmax: the convex surrogate of 1 - IoU, a class at a time, over the batch's valid pixels (Berman et al., arXiv 1705.08790).
//
//   e_n = |[y_n = c] - p_nc| sorted falling;  L_c = sum_i e_(i) (J_i - J_{i-1}),
//   J_i = 1 - (G - hits_i) / (G + misses_i), G = GT_c, of the first i pixels hits_i have label c and misses_i another
//
// Several ranks: the mean of the losses of their parts, since sorting is not a sum; not the loss of the whole batch.
#pragma once

#include <ATen/ATen.h>

#include "losses/full_size.hpp"
#include "losses/loss.hpp"
#include "ops/jaccard_extension.hpp"

namespace seg {

class LovaszLoss : public Loss {
 public:
  LovaszLoss(const LossOptions& options, const LossContext&) : options_(options.lovasz) {}

  LossResult compute(const LossInput& batch) override {
    const torch::Tensor& pixels = batch.own_sums().pixels;
    // Of a class without a pixel the extension is its largest probability: a batch without any has no class to take part.
    const torch::Tensor chosen = taking_part(options_.classes, pixels).logical_and(pixels.sum().gt(0));
    const torch::Tensor sum = jaccard_extension(at::softmax(batch.full_size(), 1), batch.labels(), chosen).sum();
    const torch::Tensor count = or_one(chosen.sum().to(torch::kDouble));
    return {(sum / (count * batch.ranks().world_size())).to(torch::kFloat), {}};
  }

 private:
  RegionOptions options_;
};

}  // namespace seg
