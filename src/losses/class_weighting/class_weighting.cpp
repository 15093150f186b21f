#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

BatchClassStatistics Weighting::weigh(const LossInput& batch) const {
  const ClassSums& sums = batch.sums();
  BatchClassStatistics statistics{sums.pixels, classes->weights(own_part ? batch.own_sums() : sums)};
  const std::optional<ClassScore> score = classes->follows();
  if (score) statistics.false_negatives = sums.false_negatives;
  if (score == ClassScore::kIou) statistics.false_positives = sums.false_positives();
  return statistics;
}

}  // namespace seg
