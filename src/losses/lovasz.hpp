// Lovasz-softmax: the convex surrogate of 1 - IoU, for each class, over the batch's valid pixels (Berman et al., arXiv 1705.08790).
//
//   e_n = |[y_n = c] - p_nc| in descending order;  L_c = sum_i e_(i) (J_i - J_{i-1}),
//   J_i = 1 - (G - hits_i) / (G + misses_i), G = GT_c; hits_i of the first i pixels have label c, misses_i have another
//
// With several ranks it is the mean of the losses of their parts, not the loss of the whole batch, because sorting cannot be split into sums.
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
    // For a class without pixels the extension is its largest probability; in a batch without valid pixels no class takes part.
    const torch::Tensor chosen = taking_part(options_.classes, pixels).logical_and(pixels.sum().gt(0));
    const torch::Tensor sum = jaccard_extension(at::softmax(batch.full_size(), 1), batch.labels(), chosen).sum();
    const torch::Tensor count = or_one(chosen.sum().to(torch::kDouble));
    return {(sum / (count * batch.ranks().world_size())).to(torch::kFloat), {}};
  }

 private:
  RegionOptions options_;
};

}  // namespace seg
