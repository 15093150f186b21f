// A 3x3 convolution of a bilinearly up-sampled map, computed at the size of the map before up-sampling.
//
//   y = addend + conv3x3(up(x), weight) = addend + sum_t shift_t(up(W_t x)),        t: the nine taps, W_t = weight[:,:,t] a 1x1 convolution
//
// Both operations are linear and up() treats each channel separately, so up-sampling can be done after the products. The products are then needed at
// h*w instead of H*W positions (a sixteenth from stride 16 to stride 4); at full size only a weighted sum of 9 x 4 values remains.
// Shapes: x [N,C,h,w], weight [O,C,3,3], addend and y [N,O,H,W]; zero padding 1, as torch::conv2d with padding 1.
#pragma once

#include <torch/types.h>

namespace seg {

/// float32 or bfloat16 (with autocast: its type); differentiable with respect to all three. The result is channels-last, with the addend's size and
/// dtype. Equal to the reference up to rounding: in bfloat16 each tap's products are rounded once. Throws kInternal for other shapes.
torch::Tensor upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners);

namespace reference {
/// The direct computation: first up-sampled, then convolved; for any device and dtype.
torch::Tensor upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners);
}  // namespace reference

}  // namespace seg
