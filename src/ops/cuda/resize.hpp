// resize_features on CUDA tensors; only in programs where kBuilt is true.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cuda {

/// x: float32 or bfloat16 [N,C,h,w] -> [N,C,height,width], channels-last; not differentiable.
torch::Tensor resize(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners);
/// d loss / d x [N,C,h,w] from d loss / d y [N,C,H,W].
torch::Tensor resize_backward(const torch::Tensor& gradient, std::int64_t height, std::int64_t width, bool align_corners);

}  // namespace seg::cuda
