// Computes the weight of each class in a step: from the training set's statistics, from the options, or from the recall in the batch.
#pragma once

#include <optional>

#include "losses/loss.hpp"

namespace seg {

enum class ClassScore { kRecall, kIou };

class ClassWeighting {
 public:
  virtual ~ClassWeighting() = default;

  /// Computes the weights of this step from the counts of the batch: float64 [K] on their device, finite and >= 0. Weights of classes without pixels
  /// are meaningless.
  virtual torch::Tensor weights(const ClassSums& sums) = 0;
  /// The score from which the weights are computed, if they depend on the batch's predictions.
  virtual std::optional<ClassScore> follows() const { return std::nullopt; }
  virtual State state() const { return {}; }
  /// Throws kStorage if the state does not match.
  virtual void load(const State& state) { (void)state; }
};

/// The divisor of the weighted sum: sum_c GT_c or sum_c w_c GT_c.
enum class Normalizer { kValidPixels, kWeightSum };

/// A weighting with its normaliser, as a loss uses it.
struct Weighting {
  std::unique_ptr<ClassWeighting> classes;
  Normalizer normalizer = Normalizer::kValidPixels;
  bool own_part = false;  // weights are computed from each rank's part of the batch, not from the whole batch

  /// The class statistics of this batch, with the weights of this step.
  BatchClassStatistics weigh(const LossInput& batch) const {
    const ClassSums& sums = batch.sums();
    BatchClassStatistics statistics{sums.pixels, classes->weights(own_part ? batch.own_sums() : sums)};
    const std::optional<ClassScore> score = classes->follows();
    if (score) statistics.false_negatives = sums.false_negatives;
    if (score == ClassScore::kIou) statistics.false_positives = sums.false_positives();
    return statistics;
  }
};

/// `divisor`, or 1 where it is 0; the dividend is then 0, too.
inline torch::Tensor or_one(const torch::Tensor& divisor) { return divisor.masked_fill(divisor.eq(0), 1); }

}  // namespace seg
