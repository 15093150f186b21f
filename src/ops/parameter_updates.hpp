// In-place updates of many tensors at once: parameters by an optimiser, averages, gradients by a factor.
//
// The inputs of an update (the learning rate, whether the step is kept) are tensors on the device of the parameters, so that nothing waits for the
// device and a step can be recorded as a graph. On the CPU they are simply read. optim/optimizer.hpp has the equations of the optimisers.
#pragma once

#include <torch/types.h>

#include <vector>

namespace seg {

/// All lists have the same length, and their tensors with the same index have the same shape, floating point.
struct ParameterUpdate {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;             // may have another layout; never modified
  std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter], with the layout of the parameters
  std::vector<torch::Tensor> steps;                 // float32 scalars: number of updates of each parameter, including this one if it is kept
  torch::Tensor learning_rate;                      // float64 scalar
  torch::Tensor kept;                               // bool scalar: if it is false, nothing is changed
  double weight_decay = 0.0;
};

struct AdamRule {
  double beta1, beta2, eps;
  bool decoupled_decay;
};

/// moments: the running means of the gradient and of its square.
void adam_update(const ParameterUpdate& update, const AdamRule& rule);

struct SgdRule {
  double momentum;  // 0: no moments
  bool nesterov;
};

void sgd_update(const ParameterUpdate& update, const SgdRule& rule);

/// averages <- decay averages + (1 - decay) values if `kept`, bool, is true; decay: float64. Both are scalars on the device of the tensors. The
/// values must be finite.
void average_update(const std::vector<torch::Tensor>& averages, const std::vector<torch::Tensor>& values, const torch::Tensor& decay,
                    const torch::Tensor& kept);

/// Multiplies each tensor by `factor`, a float64 scalar on their device.
void scale_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor);

/// The factors of Adam's update of one tensor.
struct AdamStep {
  double beta1;
  double beta2;
  double eps;
  double step_size;        // learning rate / (1 - beta1^t)
  double root_correction;  // sqrt(1 - beta2^t)
  double gradient_decay;   // times the parameter is added to the gradient
  double parameter_decay;  // times the parameter is subtracted from it first
};

namespace cpu {
/// Updates one tensor in one pass over memory if all are float32 with the same dense layout on the CPU; otherwise uses the reference.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);
}  // namespace cpu

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);
}  // namespace reference

/// The updates on a GPU, by LibTorch's fused optimisers (since 2.4; kInternal before). They also run on the CPU, where tests compare them with the
/// functions above. Arguments as above, in the order of the operators.
namespace fused {
void adam_update(at::TensorList parameters, at::TensorList gradients, at::TensorList means, at::TensorList squares, at::TensorList steps,
                 const torch::Tensor& learning_rate, const torch::Tensor& kept, double weight_decay, double beta1, double beta2, double eps,
                 bool decoupled_decay);
void sgd_update(at::TensorList parameters, at::TensorList gradients, at::TensorList buffers, const torch::Tensor& learning_rate,
                const torch::Tensor& kept, double weight_decay, double momentum, bool nesterov);
void average_update(at::TensorList averages, at::TensorList values, const torch::Tensor& decay, const torch::Tensor& kept);
void scale_all(at::TensorList tensors, const torch::Tensor& factor);
}  // namespace fused

}  // namespace seg
