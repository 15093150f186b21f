// The IoU-gap loss: each class weighs as much as its IoU lacks to 1, beside the soft IoU itself.
//
//   L = 1/4 sum_c w_c sum_{n: y_n = c} -log p_n / sum_c w_c n_c  +  3/4 (1 - mean_c softIoU_c)
//   w_c = 1 - TP_c / (TP_c + FP_c + FN_c)
//
// n_c: pixels of class c; TP, FP, FN: counts of the batch, from the arg-max, as recall loss has its FN (loss.error_rate.* smooths both alike).
// Recall loss weighs a class by what is missed alone, and pays for it with pixels wrongly called by a rare class' name; here a class keeps its
// weight until it is neither missed nor overdone. Divided by the sum of the weights, the pixel term does not fade as classes are found. The
// factors are those of the Jaccard metric loss (Wang et al., arXiv 2302.05666). Form D of docs/loss-search.md.
#pragma once

#include "losses/sum.hpp"

namespace seg {

/// Cross entropy weighted by 1 - IoU, and soft IoU, with their factors. Throws kConfiguration where loss.weighting asks for other weights.
inline std::vector<SumPart> iou_gap_parts(const LossOptions& options) {
  LossOptions pixels = options, regions = options;
  pixels.type = "ce";
  pixels.weighting = weighting_of(options);
  if (options.normalizer == LossNormalizer::kDefault) pixels.normalizer = LossNormalizer::kWeightSum;
  regions.type = "soft_iou";
  regions.weighting = "default";
  return {{std::move(pixels), 0.25}, {std::move(regions), 0.75}};
}

}  // namespace seg
