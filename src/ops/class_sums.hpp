// The kernel of the cross-entropy family: per-class sums over up-sampled logits, without a tensor of N x K x H x W.
//
//   S_c  = sum over valid pixels n with label c of -log p_nc,   p_n = softmax(up(logits))_n
//   GT_c = number of valid pixels with label c
//   FN_c = number of these whose arg-max (ties: lowest class) is not c
//   P_c  = number of valid pixels whose arg-max is c, so that FP_c = P_c - (GT_c - FN_c)
//
// and on request, for losses of regions (soft IoU: Rahman and Wang, ISVC 2016):
//
//   A_c  = sum over valid pixels n of p_nc
//   B_c  = sum over valid pixels n with label c of p_nc
//
// A pixel with a NaN score has no arg-max: it is in no P_c, but in the FN_c of its label.
//
// up() is bilinear up-sampling to the labels' size. Any weighted cross entropy is then sum_c w_c S_c / normaliser; the losses differ only in w_c
// (for recall loss: Tian et al., arXiv 2106.14917). Backward, with y the label of pixel n and g, a, b the gradients of S, A, B:
//
//   dL/dz_nj = p_nj (g_y + a_j + b_y [j = y] - D_n) - g_y [j = y],   D_n = sum_c a_c p_nc + b_y p_ny
#pragma once

#include <torch/types.h>

namespace seg {

struct ClassSums {
  torch::Tensor cross_entropy;          // S: float64 [K], differentiable with respect to logits
  torch::Tensor pixels;                 // GT: int64 [K]
  torch::Tensor false_negatives;        // FN: int64 [K]
  torch::Tensor predicted;              // P: int64 [K]
  torch::Tensor probability = {};       // A: float64 [K], differentiable; undefined unless requested
  torch::Tensor true_probability = {};  // B: as A

  /// FP_c, int64 [K].
  torch::Tensor false_positives() const { return predicted - (pixels - false_negatives); }
};

/// Whether A and B are requested; the other sums are bit-identical in both cases.
enum class Regions { kNo, kYes };

/// logits: float32 or bfloat16 [N,K,h,w] (float64: by the reference), any strides; labels: uint8 [N,H,W], values < K or 255 (ignored).
/// align_corners: the corner convention of the up-sampling, as in torch::nn::functional::interpolate.
/// Throws kData for a label out of range (on CUDA, where the check would have to wait, the first sum is NaN instead: see check_labels), kInternal for
/// wrong shapes or dtypes.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions = Regions::kNo);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions = Regions::kNo);
}  // namespace reference

}  // namespace seg
