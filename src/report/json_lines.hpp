// Events as one JSON object a line: metrics.jsonl.
//
//   {"event":"train","iteration":120,"time":1767225600.25,"loss":1.25,...}; time is UTC seconds; NaN and Inf are null.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/line_file.hpp"
#include "report/events.hpp"

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

/// Drops the lines after `iteration`, and lines that are no event (the last one may be torn). A missing file stays missing.
/// Returns how many lines were dropped. Throws kStorage where the file cannot be read or replaced.
std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration);

}  // namespace seg
