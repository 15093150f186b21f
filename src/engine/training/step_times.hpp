// What the parts of a step take, by the clock of the device that works on them: the host may be far ahead.
#pragma once

#include <utility>
#include <vector>

#include "core/device_work.hpp"

namespace seg {

/// Seconds, summed over the micro-batches.
struct StepTimes {
  double input = 0.0;  // to the device, augmented there, normalised
  double forward = 0.0;
  double loss = 0.0;  // forward alone, with the main head's and the auxiliary head's share
  double backward = 0.0;
  double ranks = 0.0;   // waited for other ranks after backward
  double update = 0.0;  // clipping, optimiser, averaged weights
};

/// Notes in the device's queue when each part ended. It waits for nothing before it is asked.
class StepLaps {
 public:
  StepLaps() = default;
  explicit StepLaps(torch::Device device) : device_(device), begin_(device) {}

  void end(double StepTimes::*part) { ends_.emplace_back(part, DeviceMoment(device_)); }
  bool empty() const { return ends_.empty(); }
  StepTimes times() const;

 private:
  torch::Device device_ = torch::kCPU;
  DeviceMoment begin_;
  std::vector<std::pair<double StepTimes::*, DeviceMoment>> ends_;
};

}  // namespace seg
