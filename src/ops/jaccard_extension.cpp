#include "ops/jaccard_extension.hpp"

#include <ATen/ATen.h>

#include <vector>

#include "base/classes.hpp"

namespace seg {
namespace {

/// J_i - J_{i-1} for labels sorted by descending error: float64 [M]. In double, because a step is about 1 / M.
torch::Tensor jaccard_steps(const torch::Tensor& is_class) {
  const torch::Tensor hits = is_class.to(torch::kDouble).cumsum(0);
  const torch::Tensor misses = is_class.logical_not().to(torch::kDouble).cumsum(0);
  const torch::Tensor total = hits.select(0, hits.size(0) - 1);
  const torch::Tensor jaccard = 1 - (total - hits) / (total + misses);
  torch::Tensor steps = jaccard.clone();
  steps.slice(0, 1) -= jaccard.slice(0, 0, jaccard.size(0) - 1);
  return steps;
}

/// probability, is_class, valid: [M]. The error of an ignored pixel is 0: it comes after all valid pixels, and adds nothing.
torch::Tensor of_class(const torch::Tensor& probability, const torch::Tensor& is_class, const torch::Tensor& valid) {
  const auto [sorted, order] = ((is_class.to(probability.scalar_type()) - probability).abs() * valid).sort(0, /*descending=*/true);
  return (sorted.to(torch::kDouble) * jaccard_steps(is_class.index_select(0, order))).sum();
}

}  // namespace

torch::Tensor jaccard_extension(const torch::Tensor& probabilities, const torch::Tensor& labels, const torch::Tensor& chosen) {
  const torch::Tensor valid = labels.ne(kIgnoreLabel).flatten();
  const torch::Tensor none = (probabilities.flatten()[0] * 0).to(torch::kDouble);
  std::vector<torch::Tensor> classes;
  for (std::int64_t c = 0; c < probabilities.size(1); ++c) {
    // Sorting an absent class takes as long as any other; only on the CPU can this be checked without waiting.
    const bool left_out = chosen.is_cpu() && !chosen[c].item<bool>();
    classes.push_back(left_out ? none : of_class(probabilities.select(1, c).flatten(), labels.eq(c).flatten(), valid));
  }
  return torch::stack(classes) * chosen;
}

}  // namespace seg
