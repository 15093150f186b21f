// normalize on CUDA tensors in one pass; only in programs where kBuilt is true.
#pragma once

#include <torch/types.h>

#include "core/network_input.hpp"
#include "ops/cuda/built.hpp"

namespace seg::cuda {

/// Arguments as in seg::normalize, checked.
torch::Tensor normalize(const torch::Tensor& images, const NetworkInput& input, torch::ScalarType dtype);

}  // namespace seg::cuda
