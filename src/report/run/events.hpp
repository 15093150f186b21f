// What happens during a run, as small records, and who is told.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace seg {

/// Now, in seconds since 1970 (UTC).
double utc_seconds();

/// And what the values of each are; what is not known is null.
enum class EventKind {
  kStart,       // name, loss, seed, iterations, dataset, settings (the main ones by their key) and more: one for each start or resume;
                // the first describes the run
  kTrain,       // loss, cross_entropy, learning_rate, images_per_second, data_wait (share of time, 0..1), seconds_left, iterations (of
                // the run), class_weights and what they follow, class_recalls or class_ious (by class name, null where the class was
                // absent): of all micro-batches of the step, recalls and IoUs from their summed counts, the weights as the mean of those used
  kValidating,  // a validation begins
  kValidation,  // the scores of report.json
  kPanels,      // folder: the pictures of the newest best validation lie there (report/run/panel_files.hpp)
  kSaving,      // the writing of a checkpoint begins
  kCheckpoint,  // path
  kBadStep,     // loss, gradient_norm, images: a step that was not finite and was undone
  kSkipped,     // count, files: what was left out, and why
  kEnd,         // reason ("finished" or "stopped"), weights_digest, best
};

/// Its name in metrics.jsonl and for people, such as "bad_step".
std::string event_name(EventKind kind);
/// Empty for a name that none has.
std::optional<EventKind> event_kind(std::string_view name);

struct Event {
  EventKind kind = EventKind::kStart;
  std::int64_t iteration = 0;                                        // updates made so far
  nlohmann::ordered_json values = nlohmann::ordered_json::object();  // numbers that are not finite are written as null
  double time = utc_seconds();

  /// Whether the run ended by itself here.
  bool finishes() const { return kind == EventKind::kEnd && values.value("reason", "") == "finished"; }
};

class Reporter {
 public:
  virtual ~Reporter() = default;

  /// Never throws for a full disk or a closed terminal: telling about a run must not end it.
  virtual void report(const Event& event) = 0;
};

}  // namespace seg
