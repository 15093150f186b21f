// An exponential moving average of a model's parameters and buffers, for evaluation.
//
//   a <- d a + (1 - d) x,  d = min(decay, (1 + n) / (10 + n)) at the n-th update (n = 1, 2, ...), so that a short run does not stay close to its
// first weights. Integer buffers (batch counts) are copied, not averaged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace torch::nn {
class Module;
}

namespace seg {

class Ema {
 public:
  /// Starts with the model's current values; the model's tensors must stay the same objects. 0 <= decay < 1.
  Ema(const torch::nn::Module& model, double decay);

  /// Call after each optimiser step. Updates the averages if `kept`, a bool scalar on the device of the model, is true; the model's values must be
  /// finite. Must not be called while an AveragedWeights exists.
  void update(const torch::Tensor& kept);

  /// The averages under their names in the model, and "ema_updates" (int64 scalar); load() restores them bit-exactly. The tensors are not copies: the
  /// next update changes them. Must not be called while an AveragedWeights exists.
  State state() const;
  /// Throws kStorage if a name, shape or type does not match.
  void load(const State& state);

 private:
  friend class AveragedWeights;
  struct Pairs {
    std::vector<torch::Tensor> values, averages;
  };

  /// The floating-point tensors, which are averaged, or the others, which are copied.
  Pairs pairs_of(bool floating_point) const;

  double decay_;
  torch::Tensor updates_;  // float64 scalar on the device of the model
  bool held_ = false;      // by an AveragedWeights
  std::vector<std::string> names_;
  std::vector<torch::Tensor> live_;
  std::vector<torch::Tensor> averages_;
};

/// As long as it exists, the model holds the averages; at its end the model gets its own values back, bit for bit.
class AveragedWeights {
 public:
  /// Allocates memory for the model's own values; if there is too little, throws and changes nothing.
  explicit AveragedWeights(Ema& ema);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  Ema& ema_;
  std::vector<torch::Tensor> own_;  // kept, so that restoring them needs no memory
};

}  // namespace seg
