// Writes, reads and truncates metrics.jsonl, the events of a run as one JSON object per line.
//
//   {"event":"train","iteration":120,"time":1767225600.25,"loss":1.25,...}; time is UTC seconds; NaN and Inf are null.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/line_file.hpp"
#include "report/run/events.hpp"

namespace seg {

class JsonLinesReporter : public Reporter {
 public:
  /// Appends to `path` through LineFile.
  explicit JsonLinesReporter(std::filesystem::path path);

  void report(const Event& event) override;
  /// Number of failed writes so far.
  std::int64_t failures() const { return file_.failures(); }

 private:
  LineFile file_;
};

/// Calls `take` with each event. Other lines are skipped: the last line may be incomplete, and another version may know
/// more kinds. Throws kData if the file cannot be read: its folder has no run.
void for_each_event(const std::filesystem::path& path, const std::function<void(Event)>& take);

/// The event of the last line; empty if that is not an event, and for a missing file.
std::optional<Event> last_event(const std::filesystem::path& path);

/// Removes lines after `iteration`, and lines that are not events. A missing file stays missing. Returns the number of removed
/// lines. Throws kStorage if the file cannot be read or replaced.
std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration);

}  // namespace seg
