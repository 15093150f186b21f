// Weights that follow how badly each class does in the batch: w_c = 1 - R_c with a score R_c of the hard predictions.
//
//   recall  1 - TP/GT = FN / GT (Tian et al., arXiv 2106.14917: recall loss)
//   iou     1 - TP/U  = (FN + FP) / U, U = GT + FP: a class weighs for what it wrongly takes, too
//
//   batch      w_c = errors_c / total_c; with published smoothing max(errors_c, 1) / max(total_c, 1)
//   momentum m R_c <- m R_c + (1 - m) (1 - w_c of the batch), w_c = 1 - R_c; only classes in the batch, the first one assigned
//
//   floor      no class of the batch weighs less than this
//
// A weight is a count: no gradient flows through it.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class ErrorRateWeights : public ClassWeighting {
 public:
  ErrorRateWeights(ClassScore score, const ErrorRateOptions& options, std::int64_t classes, const torch::Device& device);

  /// 0 for classes without pixels.
  torch::Tensor weights(const ClassSums& sums) override;
  std::optional<ClassScore> follows() const override { return score_; }
  /// With momentum: `scores` float64 [K] and `observed` uint8 [K]; else empty.
  State state() const override;
  void load(const State& state) override;

 private:
  /// Weights [K] after momentum, from those of the batch; only the `present` classes' are known.
  torch::Tensor smoothed(const torch::Tensor& of_batch, const torch::Tensor& present);

  ClassScore score_;
  ErrorRateOptions options_;
  torch::Tensor scores_;    // float64 [K], smoothed
  torch::Tensor observed_;  // bool [K]: the class was seen
};

}  // namespace seg
