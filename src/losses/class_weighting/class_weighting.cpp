#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

ClassReadings Weighting::weigh(const Scored& batch) const {
  const ClassSums& sums = batch.sums();
  return {sums.pixels, classes->weights(own_part ? batch.own_sums() : sums), classes->follows_recall() ? sums.false_negatives : torch::Tensor()};
}

}  // namespace seg
