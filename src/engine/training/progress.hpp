// The values in the events of a run.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/training/experiment.hpp"

namespace seg {

/// The speed of the run, over the steps since the last progress line.
struct Pace {
  double images_per_second = 0.0;
  double data_wait = 0.0;  // share of the time spent waiting for data, 0..1
  double seconds_left = 0.0;
};

nlohmann::ordered_json start_fields(const Experiment& experiment);
/// Includes the class weights of the loss and the recalls or IoUs from which they are computed, by class name, null if the class was absent. Recalls
/// and IoUs are those of all micro-batches together; weights are the mean of those used.
nlohmann::ordered_json train_fields(const Experiment& experiment, const StepResult& result, const Pace& pace);

}  // namespace seg
