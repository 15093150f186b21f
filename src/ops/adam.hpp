// One update of a tensor by Adam in one pass over memory; the equations stand in optim/adam.hpp.
#pragma once

#include <torch/types.h>

namespace seg {

struct AdamStep {
  double beta1;
  double beta2;
  double eps;
  double step_size;        // learning rate / (1 - beta1^t)
  double root_correction;  // sqrt(1 - beta2^t)
  double gradient_decay;   // times the parameter is added to the gradient
  double parameter_decay;  // times the parameter is subtracted from it first
};

/// Changes parameter, mean and square, floating point of one shape; the gradient may be laid out otherwise. One pass where all are float32 of
/// one dense layout on the CPU, plain ATen operations elsewhere.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);
}  // namespace reference

}  // namespace seg
