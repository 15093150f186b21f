// What a run says of itself: the values of its events.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/training/experiment.hpp"

namespace seg {

/// How fast the run goes, over the steps since the last progress line.
struct Pace {
  double images_per_second = 0.0;
  double data_wait = 0.0;  // share of the time spent waiting for data, 0..1
  double seconds_left = 0.0;
};

nlohmann::ordered_json start_fields(const Experiment& experiment);
/// With the loss's class weights and the recalls or IoUs that they follow, by class name, null where the class was absent: those of all micro-batches
/// together, weights as the mean of those used.
nlohmann::ordered_json train_fields(const Experiment& experiment, const StepResult& result, const Pace& pace);

}  // namespace seg
