// The statistics of the micro-batches of one step as those of one batch.
//
//   pixels and errors are summed, so that recalls and IoUs are those of all pixels; weights are the mean over the micro-batches that hold the class
#pragma once

#include "losses/loss.hpp"

namespace seg {

class ClassStatisticsSum {
 public:
  void add(const BatchClassStatistics& batch);
  BatchClassStatistics mean() const;

 private:
  BatchClassStatistics sum_;
  torch::Tensor used_;  // int64 [K]: micro-batches that hold the class
};

/// Adds `value`, if it is defined, to `sum`, which may be undefined yet.
void add_to(torch::Tensor& sum, const torch::Tensor& value);

}  // namespace seg
