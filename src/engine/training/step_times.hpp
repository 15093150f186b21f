// What the parts of a step take, by the clock of the device that works on them: the host may be far ahead.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "device/device_work.hpp"

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
  /// Notes nothing.
  StepLaps() = default;
  explicit StepLaps(torch::Device device) : device_(device), begin_(device) {}

  void end(double StepTimes::*part) {
    if (device_) ends_.emplace_back(part, EventTimer(*device_));
  }
  bool empty() const { return ends_.empty(); }
  StepTimes times() const;

 private:
  std::optional<torch::Device> device_;
  EventTimer begin_;
  std::vector<std::pair<double StepTimes::*, EventTimer>> ends_;
};

}  // namespace seg
