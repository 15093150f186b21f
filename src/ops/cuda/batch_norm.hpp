// The CUDA kernel of batch_norm: results the same bits in every run; only in programs where kBuilt is true.
#pragma once

#include "ops/cuda/built.hpp"
#include "ops/norm_parts.hpp"

namespace seg::cuda {

/// Of the batch, over all ranks; moves the running ones. x is channels-last.
NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks);
/// x and residual are channels-last.
torch::Tensor batch_norm_forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after);
/// gradient and what is saved are channels-last.
NormGradients batch_norm_backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks);

}  // namespace seg::cuda
