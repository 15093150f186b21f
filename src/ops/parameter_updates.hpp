// In-place updates of many tensors at once: of parameters by an optimiser, of averages, of gradients by a factor.
//
// What decides about an update (the learning rate, whether the step counts) is a tensor where the parameters are, so that no device is waited for and
// a step can be recorded as a graph. On the CPU it is read, which costs nothing. The equations of the optimisers stand in
// optim/optimizer.hpp.
#pragma once

#include <torch/types.h>

#include <vector>

namespace seg {

/// All lists are of one length, and the tensors of one place in them of one shape, floating point.
struct ParameterUpdate {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;             // may be laid out otherwise; never written to
  std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter], laid out like the parameters
  std::vector<torch::Tensor> steps;                 // float32 scalars: updates of each parameter, this one included if it is kept
  torch::Tensor learning_rate;                      // float64 scalar
  torch::Tensor kept;                               // bool scalar: where it is false, nothing is changed
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

/// averages <- decay averages + (1 - decay) values where `kept`, bool, is true; decay: float64. Both are scalars where the tensors are. The values
/// must be finite.
void average_update(const std::vector<torch::Tensor>& averages, const std::vector<torch::Tensor>& values, const torch::Tensor& decay,
                    const torch::Tensor& kept);

/// Each tensor times `factor`, a float64 scalar where they are.
void scale_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor);

/// What one tensor's update by Adam multiplies with.
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
/// One tensor in one pass over memory where all are float32 of one dense layout on the CPU; by the reference elsewhere.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);
}  // namespace cpu

namespace reference {
/// The same in plain ATen operations, for any device; the oracle of the kernel's tests.
void adam_update(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean, const torch::Tensor& square,
                 const AdamStep& step);
}  // namespace reference

/// What a GPU does, by LibTorch's fused optimisers (since 2.4; kInternal before). They run on the CPU, too, where tests hold them against the above.
/// Arguments as above, in the order of the operators.
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
