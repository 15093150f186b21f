// The kernel of the cross-entropy family: per-class sums over up-sampled logits, without a tensor of N x K x H x W.
//
//   S_c  = sum over valid pixels n with label c of -log softmax(up(logits))_n[c]
//   GT_c = number of valid pixels with label c
//   FN_c = number of those whose arg-max (ties: lowest class) is not c
//   P_c  = number of valid pixels whose arg-max is c, so that FP_c = P_c - (GT_c - FN_c)
//
// A pixel with a score that is not a number has no arg-max: it is in no P_c, and in the FN_c of its label.
//
// up() is bilinear to the labels' size. Any weighted cross entropy is then sum_c w_c S_c / normaliser, and only who
// computes w_c differs (Tian et al., arXiv 2106.14917, for recall loss). Backward: dS_c/dz_j = sum_n (p_nj - [j = c]).
#pragma once

#include <torch/types.h>

namespace seg {

struct ClassSums {
  torch::Tensor cross_entropy;    // float64 [K], differentiable with respect to logits
  torch::Tensor pixels;           // int64 [K]
  torch::Tensor false_negatives;  // int64 [K]
  torch::Tensor predicted;        // int64 [K]

  /// FP_c, int64 [K].
  torch::Tensor false_positives() const { return predicted - (pixels - false_negatives); }
};

/// logits: float32 or bfloat16 [N,K,h,w] (float64: by the reference), any strides; labels: uint8 [N,H,W], values < K or 255 (ignored).
/// align_corners: the corner convention of the up-sampling, as in torch::nn::functional::interpolate.
/// Throws kData for a label out of range (on CUDA, where that would have to be waited for, the first sum is NaN instead: see check_labels), kInternal
/// for wrong shapes or dtypes.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);
}  // namespace reference

}  // namespace seg
