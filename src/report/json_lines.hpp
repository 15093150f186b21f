// Events as one JSON object a line: metrics.jsonl.
//
//   {"event":"train","iteration":120,"time":1767225600.25,"loss":1.25,...}; time is UTC seconds; NaN and Inf are null.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "report/events.hpp"

namespace seg {

class JsonLinesReporter : public Reporter {
 public:
  /// Appends to `path`. What cannot be written is kept (up to 16 MB of it), warned about once and tried again with every later
  /// event and at the end; it never throws.
  explicit JsonLinesReporter(std::filesystem::path path);
  ~JsonLinesReporter() override;
  JsonLinesReporter(const JsonLinesReporter&) = delete;
  JsonLinesReporter& operator=(const JsonLinesReporter&) = delete;

  void report(const Event& event) override;
  /// Writes that failed so far.
  std::int64_t failures() const { return failures_; }

 private:
  bool write_pending();

  std::filesystem::path path_;
  int fd_ = -1;
  std::string pending_;
  std::int64_t failures_ = 0;
  std::int64_t lost_ = 0;  // lines dropped because too much was pending
};

/// Drops the lines after `iteration`, and lines that are no event (the last one may be torn). A missing file stays missing.
/// Returns how many lines were dropped. Throws kStorage where the file cannot be read or replaced.
std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration);

}  // namespace seg
