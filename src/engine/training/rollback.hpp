// Rolls back what the forward passes of a step change before it is known to be good: running statistics and smoothed recalls.
#pragma once

#include <torch/types.h>

#include <vector>

#include "core/types.hpp"
#include "losses/loss.hpp"
#include "models/model.hpp"

namespace seg {

class Rollback {
 public:
  /// Remembers what `model` and `losses` (null ones are left out) hold now; they must outlive it.
  Rollback(const Model& model, const std::vector<Loss*>& losses);

  /// bool scalar where the model is: whether the running statistics are finite.
  torch::Tensor finite() const;
  /// All is as it was, unless `kept`, a bool scalar where the model is, is true.
  void conditional_roll_back(const torch::Tensor& kept) const;
  /// All is as it was.
  void roll_back() const;

 private:
  /// The model's buffers of one type: one tensor to remember, for few launches on a GPU.
  struct Buffers {
    torch::Tensor values() const;
    void set(const torch::Tensor& values) const;

    std::vector<torch::Tensor> tensors;
    torch::Tensor before;  // [values of all]
  };

  std::vector<Buffers> buffers_;
  std::vector<Loss*> losses_;
  std::vector<State> loss_states_;
};

}  // namespace seg
