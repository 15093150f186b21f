// The curves of a run, from its events: scalars and values by class over iterations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/run/events.hpp"

namespace seg {

/// (iteration, value), in the order of the events; unknown values are empty.
using Curve = std::vector<std::pair<std::int64_t, std::optional<double>>>;

struct RunCurves {
  std::map<std::string, Curve> training;    // by the name of the value in "train" events
  std::map<std::string, Curve> validation;  // ... in "validation" events
  std::map<std::string, Curve> weights;     // class_weights, by class name
  std::map<std::string, Curve> recalls;     // class_recalls, by class name
  std::map<std::string, Curve> ious;        // class_ious, by class name
  nlohmann::ordered_json start;             // values of the last "start" event, which describes the newest part of the run
  std::optional<Event> end;                 // the last event, if it is "end"
  std::int64_t iteration = 0;               // of the last event
};

/// Throws kData if the directory has no run.
RunCurves read_curves(const std::filesystem::path& directory);

/// Reduces a curve to at most `count` points (> 0): neighbours are replaced by their mean value, at the iteration of the last of them.
Curve thinned(const Curve& curve, std::size_t count);

/// [[iteration, value or null], ...]
nlohmann::ordered_json json_of(const Curve& curve);

}  // namespace seg
