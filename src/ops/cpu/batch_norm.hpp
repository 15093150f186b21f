// The CPU kernel of batch_norm: blocks of pixels in parallel, results the same bits for every number of threads.
#pragma once

#include "ops/norm_parts.hpp"

namespace seg::cpu {

/// Of the batch, over all ranks; moves the running ones. x is channels-last.
NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks);
/// x and residual are channels-last.
torch::Tensor batch_norm_forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after);
/// gradient and what is saved are channels-last.
NormGradients batch_norm_backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks);

}  // namespace seg::cpu
