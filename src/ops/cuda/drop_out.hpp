// Dropout on CUDA; see ops/drop_out.hpp.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg::cuda {

/// x: float32 or bfloat16, dense; the result has the same layout. drawn: int64 [1]; place: the position of x's first element in the whole batch.
torch::Tensor drop_out(const torch::Tensor& x, const torch::Tensor& drawn, std::int64_t place, double probability);

}  // namespace seg::cuda
