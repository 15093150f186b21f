// Weights from the errors of each class in the batch: w_c = 1 - R_c with a score R_c of the arg-max predictions.
//
//   recall  1 - TP/GT = FN / GT (Tian et al., arXiv 2106.14917: recall loss)
//   iou     1 - TP/U  = (FN + FP) / U, U = GT + FP: false positives of a class also increase its weight
//
//   batch      w_c = errors_c / total_c; with published smoothing max(errors_c, 1) / max(total_c, 1)
//   momentum m R_c <- m R_c + (1 - m) (1 - w_c of the batch), w_c = 1 - R_c; only for classes in the batch; the first value is assigned
//
//   floor      lower bound of the weights of classes in the batch
//
// Weights are computed from counts, so no gradient flows through them.
#pragma once

#include "base/error.hpp"
#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

class ErrorRateWeights : public ClassWeighting {
 public:
  ErrorRateWeights(ClassScore score, const ErrorRateOptions& options, std::int64_t classes, const torch::Device& device)
      : score_(score),
        options_(options),
        scores_(torch::zeros({classes}, torch::dtype(torch::kDouble).device(device))),
        observed_(torch::zeros({classes}, torch::dtype(torch::kBool).device(device))) {}

  /// 0 for classes without pixels.
  torch::Tensor weights(const ClassSums& sums) override {
    const torch::Tensor present = sums.pixels.gt(0);
    torch::Tensor errors = sums.false_negatives, total = sums.pixels;
    if (score_ == ClassScore::kIou) {
      errors = errors + sums.false_positives();
      total = total + sums.false_positives();
    }
    if (options_.smoothing == ErrorRateSmoothing::kPublished) errors = errors.clamp_min(1);
    const torch::Tensor of_batch = errors.to(torch::kDouble) / total.clamp_min(1);
    return smoothed(of_batch, present).clamp_min(options_.floor).mul(present);
  }
  std::optional<ClassScore> follows() const override { return score_; }
  /// With momentum: `scores` float64 [K] and `observed` uint8 [K]; otherwise empty.
  State state() const override {
    if (options_.momentum == 0) return {};
    return {{"scores", scores_.clone()}, {"observed", observed_.to(torch::kByte)}};
  }
  void load(const State& state) override {
    if (options_.momentum == 0) return;
    const auto take = [&](const char* name, torch::ScalarType type) {
      const auto found = state.find(name);
      if (found == state.end() || found->second.sizes() != scores_.sizes()) {
        throw Error(ErrorKind::kStorage,
                    std::string("the state of the class weights has no '") + name + "' for " + std::to_string(scores_.size(0)) + " classes",
                    "resume with the same loss.error_rate settings and classes as the run that saved it");
      }
      return found->second.to(type);
    };
    const torch::Tensor scores = take("scores", torch::kDouble), observed = take("observed", torch::kBool);
    scores_.copy_(scores);
    observed_.copy_(observed);
  }

 private:
  /// Weights [K] after smoothing, from those of the batch, which are defined only for the `present` classes.
  torch::Tensor smoothed(const torch::Tensor& of_batch, const torch::Tensor& present) {
    if (options_.momentum == 0) return of_batch;
    const torch::Tensor score = 1 - of_batch;
    const torch::Tensor mixed = torch::where(observed_, scores_ * options_.momentum + score * (1 - options_.momentum), score);
    scores_.copy_(torch::where(present, mixed, scores_));  // in place, as a recorded step requires
    observed_.logical_or_(present);
    return 1 - scores_;
  }

  ClassScore score_;
  ErrorRateOptions options_;
  torch::Tensor scores_;    // float64 [K], smoothed
  torch::Tensor observed_;  // bool [K]: the class has occurred in a batch
};

}  // namespace seg
