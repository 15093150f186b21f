// Checks of the arguments of operations on logits and labels.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// logits: floating point [N,K,h,w], 1 <= K <= 255, h and w >= 1. Throws kInternal.
void check_logits(const torch::Tensor& logits);
/// Also labels: uint8 [N,H,W] on the same device, H and W >= 1. Throws kInternal for wrong shapes and types.
void check_shapes(const torch::Tensor& logits, const torch::Tensor& labels);
/// As check_shapes and check_labels.
void check_logits_and_labels(const torch::Tensor& logits, const torch::Tensor& labels);
/// Throws kData for a value of uint8 labels on the CPU that is neither a class (< K) nor 255. On other devices it does nothing, since the check would
/// have to wait for them.
void check_labels(const torch::Tensor& labels, std::int64_t classes);

}  // namespace seg
