// Bilinear up-sampling of logits, and prediction of labels from them.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// float32 [N,K,H,W] from float32 or bfloat16 [N,K,h,w], float64 from float64; differentiable.
torch::Tensor upsample_logits(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

/// A band of rows of an image with `height` rows.
struct Rows {
  std::int64_t first;
  std::int64_t count;
  std::int64_t height;
};

/// The rows of a source with `source_height` rows from which the wanted rows are interpolated.
Rows source_rows(const Rows& wanted, std::int64_t source_height, bool align_corners);

/// The wanted rows of upsample_logits(): float32 [N,K,wanted.count,width]. `scores` [N,K,given.count,w] are the rows `given` of their
/// source and must include source_rows(wanted, given.height).
torch::Tensor upsample_rows(const torch::Tensor& scores, const Rows& given, const Rows& wanted, std::int64_t width, bool align_corners);

/// How many rows are up-sampled at a time, to bound the memory.
inline constexpr std::int64_t kBandRows = 64;

/// uint8 [N,H,W]: arg-max (ties: lowest class) of the up-sampled logits, computed in bands of rows.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners);
}  // namespace reference

}  // namespace seg
