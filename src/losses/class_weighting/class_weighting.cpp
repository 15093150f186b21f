#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

ClassReadings Weighting::weigh(const Scored& batch) const {
  const ClassSums& sums = batch.sums();
  ClassReadings readings{sums.pixels, classes->weights(own_part ? batch.own_sums() : sums)};
  const std::optional<ClassScore> score = classes->follows();
  if (score) readings.false_negatives = sums.false_negatives;
  if (score == ClassScore::kIou) readings.false_positives = sums.false_positives();
  return readings;
}

}  // namespace seg
