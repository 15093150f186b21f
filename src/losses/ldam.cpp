#include "losses/ldam.hpp"

#include <cmath>

#include "losses/full_size.hpp"
#include "ops/upsample.hpp"

namespace seg {

std::vector<double> ldam_margins(const std::vector<std::int64_t>& pixels, double max_margin) {
  double rarest = 0;
  for (const std::int64_t n : pixels) {
    if (n > 0 && (rarest == 0 || static_cast<double>(n) < rarest)) rarest = static_cast<double>(n);
  }
  std::vector<double> margins;
  for (const std::int64_t n : pixels) margins.push_back(n > 0 ? max_margin * std::pow(rarest / static_cast<double>(n), 0.25) : max_margin);
  return margins;
}

LossResult LdamLoss::compute(const torch::Tensor& logits, const torch::Tensor& labels) {
  const BatchCounts batch = count_batch(logits, labels, align_corners_);
  const torch::Tensor scores = upsample_logits(logits, labels.size(1), labels.size(2), align_corners_);
  const TruePixels pixels = true_pixels(scores, labels, margins_, scale_);
  const std::vector<double> weights(batch.counts.pixels.size(), 1.0);
  return {weighted_mean(pixels.log_probability.neg(), pixels.truth, {}, weights, Normalizer::kValidPixels), batch.cross_entropy};
}

}  // namespace seg
