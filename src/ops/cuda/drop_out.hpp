// Dropout on CUDA; see ops/drop_out.hpp.
#pragma once

#include <torch/types.h>

#include "ops/cuda/built.hpp"
#include "ops/drop_hash.hpp"

namespace seg {

/// What decides which elements are dropped.
struct DropMask {
  torch::Tensor drawn;  // int64 [1], on the device of the values
  std::int64_t first;   // the place of the first element in the whole batch
  Dropping dropping;
};

namespace cuda {

/// x, result: float32 or bfloat16, dense and laid out alike.
void drop_out(const torch::Tensor& x, const DropMask& mask, const torch::Tensor& result);

}  // namespace cuda
}  // namespace seg
