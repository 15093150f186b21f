#include "losses/ldam.hpp"

#include <cmath>

#include "losses/full_size.hpp"

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

LdamLoss::LdamLoss(const LossOptions& options, const LossContext& context)
    : scale_(options.ldam.scale),
      margins_(torch::tensor(ldam_margins(context.statistics->pixels, options.ldam.max_margin), torch::kDouble).to(context.device)) {}

LossResult LdamLoss::compute(const LossInput& batch) {
  const TruePixels pixels = true_pixels(batch, margins_, scale_);
  const torch::Tensor weights = torch::ones_like(margins_);
  return {weighted_mean(pixels.log_probability.neg(), pixels, pixels.valid, weights, Normalizer::kValidPixels, batch.ranks()),
          batch.mean_cross_entropy(),
          {}};
}

}  // namespace seg
