// How far a job of many equal parts is, on stderr: one line redrawn on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace seg {

/// "[====      ] 12/60 images  3.4 images/s  left 0:00:14" with a bar that fills `columns`; none below 60. total 0: not known.
std::string progress_bar_text(std::int64_t done, std::int64_t total, const std::string& unit, double seconds, int columns);

class ProgressBar {
 public:
  /// `unit` is what is counted ("images"); `columns` as for ConsoleReporter.
  ProgressBar(std::ostream& out, std::function<int()> columns, std::int64_t total, std::string unit);
  ProgressBar(std::int64_t total, std::string unit);  // writes to stderr
  ~ProgressBar();                                     // ends the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// One more part is done. Draws at most ten times a second on a terminal, every ten seconds elsewhere.
  void advance();
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  std::function<int()> columns_;
  std::int64_t total_;
  std::string unit_;
  std::int64_t done_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
  bool open_line_ = false;
};

}  // namespace seg
