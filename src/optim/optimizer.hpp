// Adam, AdamW and SGD over parameter groups, with their state as named tensors. d: weight decay; g: gradient; p: parameter.
//
// Adam (Kingma, Ba, arXiv 1412.6980): steps scaled by running means of the gradient and of its square.
//   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2
//   p <- p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// Adam adds d p to g; AdamW (Loshchilov, Hutter, arXiv 1711.05101) first scales p by 1 - lr d. t counts the updates of each parameter.
//
// SGD with momentum (Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013):
//   g <- g + d p,  b <- mu b + g,  p <- p - lr b   (Nesterov: p <- p - lr (g + mu b)); b starts at zero.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "optim/optimizer_options.hpp"

namespace torch::nn {
class Module;
}

namespace seg {

/// Parameters that share a learning-rate scale and a weight decay.
struct ParameterGroup {
  std::vector<std::string> names;
  std::vector<torch::Tensor> parameters;  // float32 leaves
  double lr_scale = 1.0;
  double weight_decay = 0.0;
};

/// All parameters of the module that need a gradient. "backbone.*" has options.backbone_lr_scale, except for the parameters in `fresh`, which have
/// the learning rate of the head. There is no decay on norm weights and biases.
std::vector<ParameterGroup> make_groups(const torch::nn::Module& model, const OptimizerOptions& options, const std::set<std::string>& fresh = {});

/// Throws kConfiguration for options that contradict each other.
void check_optimizer(const OptimizerOptions& options);

class Optimizer {
 public:
  /// Throws kConfiguration like check_optimizer.
  Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups);

  /// One update from the parameters' gradients; a parameter without a gradient is not changed. learning_rate, float64, and kept, bool, are scalars on
  /// the device of the parameters; if `kept` is false, nothing is changed.
  void step(const torch::Tensor& learning_rate, const torch::Tensor& kept);
  /// "PARAMETER.step" (int64 scalar) and "PARAMETER.MOMENT"; load() restores them bit-exactly. The moments are not copies: the next step changes
  /// them.
  State state() const;
  /// Throws kStorage if a name or shape does not match.
  void load(const State& state);

 private:
  struct Slots {
    torch::Tensor steps;                              // float32 [parameters]: number of updates of each
    std::vector<torch::Tensor> steps_of;              // its entries
    std::vector<std::vector<torch::Tensor>> moments;  // [moment][parameter], initially zero
  };

  OptimizerOptions options_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::string> moment_names_;  // of the tensors kept for each parameter, which have its shape
  std::vector<Slots> slots_;               // [group]
};

/// Sets all gradients to none.
void clear_gradients(const std::vector<ParameterGroup>& groups);
/// The 2-norm of all gradients, a float32 scalar on their device. Scales the gradients down to max_norm if it is larger (max_norm 0: never).
torch::Tensor clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm);

}  // namespace seg
