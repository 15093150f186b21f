#include "losses/iou_gap.hpp"

#include "losses/loss_registry.hpp"

namespace seg {

std::vector<SumPart> iou_gap_parts(const LossOptions& options) {
  LossOptions pixels = options, regions = options;
  pixels.type = "ce";
  pixels.weighting = weighting_of(options);
  if (options.normalizer == LossNormalizer::kDefault) pixels.normalizer = LossNormalizer::kWeightSum;
  regions.type = "soft_iou";
  regions.weighting = "default";
  return {{std::move(pixels), 0.25}, {std::move(regions), 0.75}};
}

}  // namespace seg
