#include "losses/class_counts.hpp"

#include <numeric>

namespace seg {
namespace {

std::vector<std::int64_t> to_vector(const torch::Tensor& counts) {
  const torch::Tensor host = counts.to(torch::kCPU).contiguous();
  return {host.data_ptr<std::int64_t>(), host.data_ptr<std::int64_t>() + host.numel()};
}

}  // namespace

std::int64_t ClassCounts::total() const { return std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}); }

ClassCounts to_counts(const ClassSums& sums) { return {to_vector(sums.pixels), to_vector(sums.false_negatives)}; }

torch::Tensor mean_cross_entropy(const ClassSums& sums, const ClassCounts& counts) {
  return sums.cross_entropy.detach().sum() / std::max<std::int64_t>(counts.total(), 1);
}

BatchCounts count_batch(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners) {
  const torch::NoGradGuard no_gradient;
  const ClassSums sums = class_sums(logits, labels, align_corners);
  ClassCounts counts = to_counts(sums);
  torch::Tensor cross_entropy = mean_cross_entropy(sums, counts);
  return {std::move(counts), std::move(cross_entropy)};
}

}  // namespace seg
