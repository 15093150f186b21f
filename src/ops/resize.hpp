// Bilinear up-sampling of feature maps inside the network, on the CPU as two matrix products.
//
//   y[n,:,:,c] = A_H x[n,:,:,c] A_W^T, rows of A_H and A_W being the two interpolation weights of one output row or column
//
// On CUDA one kernel each way, whose bits are the same in every run; LibTorch's backward adds in an order of its own there.
//
// The numbers of torch::upsample_bilinear2d in float64, with weights rounded to the type of x. Its backward leaves channels-last and is
// slow in bfloat16; matrix products keep the layout and run on the same units as the convolutions.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// x: floating point [N,C,h,w] -> [N,C,height,width] of the same dtype, channels-last; differentiable.
torch::Tensor resize_features(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg
