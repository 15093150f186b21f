// How a class gets its weight in a step: from the training set's statistics, by hand, or from the batch's recall.
#pragma once

#include <optional>

#include "losses/loss.hpp"

namespace seg {

enum class ClassScore { kRecall, kIou };

class ClassWeighting {
 public:
  virtual ~ClassWeighting() = default;

  /// From the counts of the batch: weights float64 [K] of this step on their device, finite and >= 0; those of classes without pixels mean
  /// nothing.
  virtual torch::Tensor weights(const ClassSums& sums) = 0;
  /// What the weights come from, where it is a score of the batch's predictions.
  virtual std::optional<ClassScore> follows() const { return std::nullopt; }
  virtual State state() const { return {}; }
  /// Throws kStorage where the state does not fit.
  virtual void load(const State& state) { (void)state; }
};

/// What the weighted sum is divided by: sum_c GT_c or sum_c w_c GT_c.
enum class Normalizer { kValidPixels, kWeightSum };

/// A weighting as a loss uses it.
struct Weighting {
  std::unique_ptr<ClassWeighting> classes;
  Normalizer normalizer = Normalizer::kValidPixels;
  bool own_part = false;  // the weights follow the counts of each rank's part of the batch, not those of the whole

  /// What it says of this batch: statistics whose weights are those of this step.
  BatchClassStatistics weigh(const LossInput& batch) const {
    const ClassSums& sums = batch.sums();
    BatchClassStatistics statistics{sums.pixels, classes->weights(own_part ? batch.own_sums() : sums)};
    const std::optional<ClassScore> score = classes->follows();
    if (score) statistics.false_negatives = sums.false_negatives;
    if (score == ClassScore::kIou) statistics.false_positives = sums.false_positives();
    return statistics;
  }
};

/// `divisor`, or 1 where it is 0: what is divided then is 0 too.
inline torch::Tensor or_one(const torch::Tensor& divisor) { return divisor.masked_fill(divisor.eq(0), 1); }

}  // namespace seg
