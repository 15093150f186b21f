#include "losses/iou_gap.hpp"

#include "base/error.hpp"

namespace seg {

std::vector<SumPart> iou_gap_parts(const LossOptions& options) {
  if (options.weighting != "default")
    throw Error(ErrorKind::kConfiguration, "loss.weighting is '" + options.weighting + "', but loss.type 'iou_gap' has weights of its own",
                "leave loss.weighting at default, or name the parts yourself with loss.type sum");
  LossOptions pixels = options, regions = options;
  pixels.type = "ce";
  pixels.weighting = "iou";
  if (options.normalizer == LossNormalizer::kDefault) pixels.normalizer = LossNormalizer::kWeightSum;
  regions.type = "soft_iou";
  regions.weighting = "default";
  return {{std::move(pixels), 0.25}, {std::move(regions), 0.75}};
}

}  // namespace seg
