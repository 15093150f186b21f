// The events of a run as small records, and the interface of their receivers.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seg {

/// The current time in seconds since 1970 (UTC).
double utc_seconds();

/// The kinds of events, with their values; unknown values are null.
enum class EventKind {
  kStart,       // name, loss, seed, iterations, dataset, settings (the main ones by their key) and more: one for each start or resume;
                // the first describes the run
  kTrain,       // loss, cross_entropy, learning_rate, images_per_second, data_wait (share of time, 0..1), seconds_left, iterations (of
                // the run), class_weights and the class_recalls or class_ious from which they are computed (by class name, null if the class
                // was absent): over all micro-batches of the step, recalls and IoUs from summed counts, weights as the mean of those used
  kValidating,  // a validation begins
  kValidation,  // the scores of report.json
  kPanels,      // folder: contains the pictures of the newest best validation (report/run/panel_files.hpp)
  kSaving,      // the writing of a checkpoint begins
  kCheckpoint,  // path
  kBadStep,     // loss, gradient_norm, images: a step that was not finite and was undone
  kSkipped,     // count, files: which files were skipped, and why
  kEnd,         // reason ("finished" or "stopped"), weights_digest, best
};

/// The name in metrics.jsonl and in log lines, such as "bad_step".
std::string event_name(EventKind kind);
/// Empty for an unknown name.
std::optional<EventKind> event_kind(std::string_view name);

struct Event {
  EventKind kind = EventKind::kStart;
  std::int64_t iteration = 0;                                        // optimiser steps made so far
  nlohmann::ordered_json values = nlohmann::ordered_json::object();  // numbers that are not finite are written as null
  double time = utc_seconds();

  /// Whether the run is finished with this event.
  bool finishes() const { return kind == EventKind::kEnd && values.value("reason", "") == "finished"; }
};

class Reporter {
 public:
  virtual ~Reporter() = default;

  /// Never throws for a full disk or a closed terminal: reporting must not end a run.
  virtual void report(const Event& event) = 0;
};

}  // namespace seg
