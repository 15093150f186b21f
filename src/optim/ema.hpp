// An exponential moving average of a model's parameters and buffers, for evaluation.
//
//   a <- d a + (1 - d) x,  d = min(decay, (1 + n) / (10 + n)) at the n-th update (n = 1, 2, ...), so that a short run is not
// held at its first weights. Integer buffers (batch counts) are copied, not averaged.
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
  /// Starts at the model's present values; the model's tensors must stay the same objects. 0 <= decay < 1.
  Ema(const torch::nn::Module& model, double decay);

  /// After each optimiser step, if `kept`, a bool scalar where the model is, is true; the model's values must be finite. Not while an AveragedWeights
  /// lives.
  void update(const torch::Tensor& kept);

  /// The averages under their names in the model, and "ema_updates" (int64 scalar); bit-exact through load(). The tensors are the
  /// live ones: copy what must outlive the next update. Not while an AveragedWeights lives.
  State state() const;
  /// Throws kStorage where a name, shape or type does not fit.
  void load(const State& state);

 private:
  friend class AveragedWeights;
  struct Pairs {
    std::vector<torch::Tensor> values, averages;
  };

  /// The floating-point tensors, which are averaged, or the others, which are copied.
  Pairs pairs_of(bool floating_point) const;

  double decay_;
  torch::Tensor updates_;  // float64 scalar where the model is
  bool held_ = false;      // by an AveragedWeights
  std::vector<std::string> names_;
  std::vector<torch::Tensor> live_;
  std::vector<torch::Tensor> averages_;
};

/// While it lives, the model holds the averages; then its own values again, bit for bit.
class AveragedWeights {
 public:
  /// Takes memory for the model's own values; where there is too little, it throws and nothing has changed.
  explicit AveragedWeights(Ema& ema);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  Ema& ema_;
  std::vector<torch::Tensor> own_;  // kept here, so that giving them back needs no memory
};

}  // namespace seg
