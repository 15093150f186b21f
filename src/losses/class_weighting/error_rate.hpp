// Weights that follow the recall of each class: w_c = 1 - R_c (Tian et al., arXiv 2106.14917).
//
//   batch      w_c = FN_c / GT_c, with published smoothing max(FN_c, 1) / max(GT_c, 1)
//   momentum m R_c <- m R_c + (1 - m) (1 - w_c of the batch), w_c = 1 - R_c; only classes in the batch, the first one assigned
//
// A weight is a count: no gradient flows through it.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class RecallWeights : public ClassWeighting {
 public:
  RecallWeights(const RecallOptions& options, std::int64_t classes);

  /// 0 for classes without pixels.
  torch::Tensor weights(const torch::Tensor& pixels, const torch::Tensor& false_negatives) override;
  bool follows_recall() const override { return true; }
  /// With momentum: `recalls` float64 [K] and `observed` uint8 [K]; else empty.
  State state() const override;
  void load(const State& state) override;

 private:
  RecallOptions options_;
  torch::Tensor recalls_;   // float64 [K], smoothed
  torch::Tensor observed_;  // bool [K]: the class was seen
};

}  // namespace seg
