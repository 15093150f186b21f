#include "losses/blv.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/log_prior.hpp"
#include "ops/drawn_number.hpp"

namespace seg {

std::vector<double> blv_scales(const std::vector<std::int64_t>& pixels) {
  const torch::Tensor rarity = log_prior(pixels).neg();
  const double rarest = std::max(rarity.max().item<double>(), std::numeric_limits<double>::min());
  std::vector<double> scales;
  for (std::size_t c = 0; c < pixels.size(); ++c)
    scales.push_back(pixels[c] > 0 ? rarity[static_cast<std::int64_t>(c)].item<double>() / rarest : 1.0);
  return scales;
}

BlvLoss::BlvLoss(const LossOptions&, const LossContext& context)
    : scale_(torch::tensor(blv_scales(context.statistics->pixels), torch::kDouble).to(context.device, torch::kFloat)) {}

LossResult BlvLoss::compute(const Scored& batch) {
  return {batch.with_noise({scale_, drawn_number(scale_.device())}).mean_loss(), batch.mean_cross_entropy(), {}};
}

}  // namespace seg
