// Several losses on the same logits, each with a factor: L = sum_i factor_i L_i.
#pragma once

#include "losses/loss.hpp"

namespace seg {

class SumLoss : public Loss {
 public:
  struct Part {
    std::string name;
    double factor;
    std::unique_ptr<Loss> loss;
  };

  /// At least one part.
  explicit SumLoss(std::vector<Part> parts) : parts_(std::move(parts)) {}

  LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) override;
  /// Of the part that counts recalls, else of one that has weights.
  ClassReadings readings() const override;
  /// The parts' states, named "PART.NAME".
  State state() const override;
  void load(const State& state) override;

 private:
  std::vector<Part> parts_;
};

}  // namespace seg
