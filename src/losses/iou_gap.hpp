// The IoU-gap loss: cross entropy in which each class is weighted by 1 - IoU, plus the soft IoU loss.
//
//   L = 1/4 sum_c w_c sum_{n: y_n = c} -log p_n / sum_c w_c n_c  +  3/4 (1 - mean_c softIoU_c)
//   w_c = 1 - TP_c / (TP_c + FP_c + FN_c)
//
// n_c: pixels of class c; TP, FP, FN: counts of the batch from the arg-max, like the FN of recall loss (loss.error_rate.* smooths both in the same
// way). Recall loss weights a class only by its false negatives, which causes false positives of rare classes. In this loss a class keeps its weight
// until it has neither false negatives nor false positives. Because the pixel term is divided by the sum of the weights, it does not fade as classes
// are found. The factors are those of the Jaccard metric loss (Wang et al., arXiv 2302.05666). Form D of docs/loss-search.md.
#pragma once

#include "losses/sum.hpp"

namespace seg {

/// Cross entropy weighted by 1 - IoU, and soft IoU, with their factors. Throws kConfiguration if loss.weighting sets other weights.
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
