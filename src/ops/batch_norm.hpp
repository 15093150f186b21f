// Batch norm with the residual and the ReLU after it, in two passes over the features: one for the moments, one for
//
//   y = relu(weight * (x - mean) / sqrt(variance + eps) + bias + residual)          (Ioffe & Szegedy, arXiv 1502.03167)
//
// In training, mean and variance are those of the batch over [N,H,W] (of all ranks if training_pass.hpp says so), and the running statistics are
// updated: running += momentum * (batch - running), with divisor n - 1 for the variance. In evaluation the running statistics are used.
#pragma once

#include <torch/types.h>

#include <limits>

namespace seg {

struct BatchNorm {
  torch::Tensor weight;            // float32 [C]
  torch::Tensor bias;              // float32 [C]
  torch::Tensor running_mean;      // float32 [C], changed in training
  torch::Tensor running_variance;  // float32 [C], changed in training
  double momentum = 0.1;
  double eps = 1e-5;
};

struct AfterNorm {
  torch::Tensor residual;  // like x, or undefined for none
  bool relu = false;
  double upper = std::numeric_limits<double>::infinity();  // upper bound of the ReLU; 6 makes it ReLU6
};

/// x: float32 or bfloat16 [N,C,H,W]; the result has its type and, on the CPU, channels-last layout. Differentiable with respect
/// to x, weight, bias and residual. Moments and products are float32 for both types of x.
/// Throws kInternal for wrong shapes, kConfiguration for only one value per channel in training.
torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training);
}  // namespace reference

}  // namespace seg
