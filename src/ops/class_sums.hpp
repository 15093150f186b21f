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
//
// With noise, up() is followed by up(z)_nc + scale_c min(1, |e_nc|), e_nc normal with standard deviation 4 (BLV: Wang et al., CVPR 2023).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

struct ClassSums {
  torch::Tensor cross_entropy;    // float64 [K], differentiable with respect to logits
  torch::Tensor pixels;           // int64 [K]
  torch::Tensor false_negatives;  // int64 [K]
  torch::Tensor predicted;        // int64 [K]

  /// FP_c, int64 [K].
  torch::Tensor false_positives() const { return predicted - (pixels - false_negatives); }
};

/// What is drawn for each class and pixel at the labels' size: a hash of the key and of the place in the batch (see score_noise.hpp).
struct ScoreNoise {
  torch::Tensor scale;           // float32 [K] on the logits' device, or undefined: no noise
  torch::Tensor key;             // int64 [1] there
  std::int64_t first_image = 0;  // the place of the first image in the batch that the noise is drawn for
};

/// logits: float32 or bfloat16 [N,K,h,w] (float64: by the reference), any strides; labels: uint8 [N,H,W], values < K or 255 (ignored).
/// align_corners: the corner convention of the up-sampling, as in torch::nn::functional::interpolate.
/// Throws kData for a label out of range (on CUDA, where that would have to be waited for, the first sum is NaN instead: see check_labels), kInternal
/// for wrong shapes or dtypes.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);
ClassSums noisy_class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, const ScoreNoise& noise);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners);
ClassSums noisy_class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, const ScoreNoise& noise);
}  // namespace reference

}  // namespace seg
