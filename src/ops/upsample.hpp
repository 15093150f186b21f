// Bilinear up-sampling of logits, and what evaluation takes from them.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// float32 [N,K,H,W] from float32 or bfloat16 [N,K,h,w]; differentiable.
torch::Tensor upsample_logits(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

/// uint8 [N,H,W]: arg-max (ties: lowest class) of the up-sampled logits, computed in bands of rows.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);
}  // namespace reference

}  // namespace seg
