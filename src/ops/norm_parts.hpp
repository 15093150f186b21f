// What the kernels of batch norm give and take, on every device.
#pragma once

#include "ops/batch_norm.hpp"
#include "ranks/communicator.hpp"

namespace seg {

/// What backward needs of the statistics that forward used; float32 [C] each.
struct NormStatistics {
  torch::Tensor mean;
  torch::Tensor inverse_deviation;  // 1 / sqrt(variance + eps)
};

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
  bool relu;
  bool training;  // in evaluation the statistics are constants
};

}  // namespace seg
