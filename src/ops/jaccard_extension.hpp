// The Lovasz extension of each class's Jaccard loss, a convex surrogate of 1 - IoU (Berman et al., arXiv 1705.08790).
//
//   L_c = sum_i e_i (J_i - J_{i-1}),  e_i = |[y_i = c] - p_ic| in descending order, J_i: the Jaccard loss if the first i pixels were wrong
#pragma once

#include <torch/types.h>

namespace seg {

/// float64 [K], differentiable with respect to probabilities, float [N,K,H,W]; 0 for classes that are not `chosen`, bool [K]. labels: uint8 [N,H,W],
/// 255 = ignored.
torch::Tensor jaccard_extension(const torch::Tensor& probabilities, const torch::Tensor& labels, const torch::Tensor& chosen);

}  // namespace seg
