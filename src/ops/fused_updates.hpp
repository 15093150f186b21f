// LibTorch's fused optimiser steps, for devices that the host does not wait for: learning rate, step count and whether the step counts at all are
// tensors there. The equations stand in optim/adam.hpp and optim/sgd.hpp; tests hold both ways of computing them against each other.
#pragma once

#include <torch/types.h>

#include <vector>

namespace seg {

/// All lists are of one length, and the tensors of one place in them of one shape and layout, float32.
struct FusedUpdate {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter]
  std::vector<torch::Tensor> steps;                 // float32 scalars: updates of each parameter, this one included
  torch::Tensor learning_rate;                      // float32 scalar
  torch::Tensor skip;                               // float32 scalar: 1 leaves all as it is
  double weight_decay = 0.0;
};

struct FusedAdam {
  double beta1, beta2, eps;
  bool decoupled_decay;
};

/// moments: the running means of the gradient and of its square. Throws kInternal where LibTorch has none (torch_compat::kHasFusedUpdates).
void fused_adam(const FusedUpdate& update, const FusedAdam& options);
/// moments: one, or none where momentum is 0.
void fused_sgd(const FusedUpdate& update, double momentum, bool nesterov);

}  // namespace seg
