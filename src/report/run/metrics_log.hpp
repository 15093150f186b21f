// metrics.jsonl, the events of a run as one JSON object a line: written, read and cut back here alone.
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
  /// Appends to `path`, as LineFile does.
  explicit JsonLinesReporter(std::filesystem::path path);

  void report(const Event& event) override;
  /// Writes that failed so far.
  std::int64_t failures() const { return file_.failures(); }

 private:
  LineFile file_;
};

/// Calls `take` with each event. Lines that are no event are passed over: the last one may be torn, and another version may know
/// more kinds. Throws kData where the file cannot be read: its folder holds no run.
void for_each_event(const std::filesystem::path& path, const std::function<void(Event)>& take);

/// The event of the last line; empty where that is none, and for a missing file.
std::optional<Event> last_event(const std::filesystem::path& path);

/// Drops the lines after `iteration`, and lines that are no event of any kind. A missing file stays missing. Returns how many lines
/// were dropped. Throws kStorage where the file cannot be read or replaced.
std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration);

}  // namespace seg
