// Bilinear up-sampling of feature maps inside the network, on the CPU as two matrix products.
//
//   y[n,:,:,c] = A_H x[n,:,:,c] A_W^T, where rows of A_H and A_W are the two interpolation weights of one output row or column
//
// On CUDA there is one kernel each for forward and backward, with bit-identical results in every run; LibTorch's backward is not deterministic there.
//
// In float64 the results are those of torch::upsample_bilinear2d, with weights rounded to the type of x. The backward of that function does not keep
// channels-last and is slow in bfloat16; matrix products keep the layout and run on the same units as the convolutions.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// x: floating point [N,C,h,w] -> [N,C,height,width] of the same dtype, channels-last; differentiable.
torch::Tensor resize_features(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg
