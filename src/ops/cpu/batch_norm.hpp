// The CPU kernel of batch_norm: blocks of pixels in parallel, results the same bits for every number of threads.
#pragma once

#include "core/communicator.hpp"
#include "ops/batch_norm.hpp"

namespace seg::cpu {

/// What backward needs of the statistics that forward used; float32 [C] each.
struct NormStatistics {
  torch::Tensor mean;
  torch::Tensor inverse_deviation;  // 1 / sqrt(variance + eps)
};

/// Of the batch, over all ranks; moves the running ones. x is channels-last.
NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks);
/// The running ones.
NormStatistics running_statistics(const BatchNorm& norm);

/// x and residual are channels-last.
torch::Tensor batch_norm_forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after);

struct NormGradients {
  torch::Tensor x;
  torch::Tensor weight;    // float32 [C]
  torch::Tensor bias;      // float32 [C]
  torch::Tensor residual;  // undefined where none was wanted
};

struct NormSaved {
  torch::Tensor x;       // channels-last
  torch::Tensor weight;  // float32 [C]
  torch::Tensor bias;    // float32 [C]
  torch::Tensor output;  // undefined where no residual was added: the sign of the sum then follows from x
  NormStatistics statistics;
  bool rectified;
  bool training;  // in evaluation the statistics are constants
};

NormGradients batch_norm_backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks);

}  // namespace seg::cpu
