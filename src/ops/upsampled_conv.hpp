// A 3x3 convolution of a bilinearly up-sampled map, computed at the map's own size.
//
//   y = addend + conv3x3(up(x), weight) = addend + sum_t shift_t(up(W_t x)),        t: the nine taps, W_t = weight[:,:,t] a 1x1 convolution
//
// Both sides are linear and up() treats each channel by itself, so up-sampling may come after the products. They then cost
// h*w instead of H*W positions (a sixteenth from stride 16 to stride 4); what is left at full size is a weighted sum of 9 x 4 values.
// Shapes: x [N,C,h,w], weight [O,C,3,3], addend and y [N,O,H,W]; zero padding 1, as torch::conv2d with padding 1.
#pragma once

#include <torch/types.h>

namespace seg {

/// float32 or bfloat16 (under autocast: its type); differentiable in all three. The result is channels-last, with the addend's size and
/// dtype. Equal to the reference up to rounding: in bfloat16 each tap's products are rounded once. Throws kInternal for other shapes.
torch::Tensor upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners);

namespace reference {
/// The same as it is written: up-sampled, then convolved; for any device and dtype.
torch::Tensor upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners);
}  // namespace reference

}  // namespace seg
