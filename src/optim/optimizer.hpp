// Adam, AdamW and SGD over parameter groups, with their state as named tensors.
#pragma once

#include <memory>
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

/// All parameters of the module that need a gradient: "backbone.*" with options.backbone_lr_scale, but for those in `fresh`, which learn as fast
/// as the head; no decay on norm weights and biases.
std::vector<ParameterGroup> make_groups(const torch::nn::Module& model, const OptimizerOptions& options, const std::set<std::string>& fresh = {});

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update from the parameters' gradients; a parameter without one is left alone. learning_rate, float64, and kept, bool, are scalars where the
  /// parameters are; where `kept` is false, nothing is changed.
  virtual void step(const torch::Tensor& learning_rate, const torch::Tensor& kept) = 0;
  /// Moments and step count, named after the parameters; bit-exact through load().
  virtual State state() const = 0;
  /// Throws kStorage where a name or shape does not fit.
  virtual void load(const State& state) = 0;
};

std::vector<std::string> optimizer_names();
/// Throws kConfiguration for options that contradict each other.
void check_optimizer(const OptimizerOptions& options);
std::unique_ptr<Optimizer> build_optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups);

/// Sets all gradients to none.
void clear_gradients(const std::vector<ParameterGroup>& groups);
/// The 2-norm over all gradients, a float32 scalar where they are; they are scaled down to max_norm where it is larger (max_norm 0: only measured).
torch::Tensor clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm);

}  // namespace seg
