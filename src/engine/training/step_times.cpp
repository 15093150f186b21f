#include "engine/training/step_times.hpp"

namespace seg {

StepTimes StepLaps::times() const {
  StepTimes times;
  const EventTimer* before = &begin_;
  for (const auto& [part, end] : ends_) {
    times.*part += end.seconds_since(*before);
    before = &end;
  }
  return times;
}

}  // namespace seg
