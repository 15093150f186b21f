// Shows the events of a run and the progress of a job on stderr: one line that is redrawn on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <utility>

#include "report/run/events.hpp"

namespace seg {

/// "120/1125  loss 1.2345  lr 9.1e-04  23.4 images/s  waiting 2 %  left 0:12:34"; "-" for values that are null or missing.
std::string progress_line(const Event& event);
/// Any other event: "validation 500: mean_iou 0.4123, mean_accuracy 0.5010" from its scalar values.
std::string event_line(const Event& event);
/// "0:12:34"; days are shown as hours.
std::string duration_text(double seconds);

/// "[====      ] 12/60 images  3.4 images/s  left 0:00:14" with a bar that fills `columns`; no bar below 60 columns. total 0: unknown.
std::string progress_bar_text(std::int64_t done, std::int64_t total, const std::string& unit, double seconds, int columns);

/// Writes lines for people.
class Console {
 public:
  /// `columns` returns the width of the line (at least 20 is used), or 0 for plain lines.
  Console(std::ostream& out, std::function<int()> columns);
  /// Writes to stderr, whose width is read again for each line.
  Console();
  ~Console();  // ends the line
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  int columns() const { return columns_(); }
  /// Redraws the line; prints a plain line if columns is 0.
  void draw(std::string line, int columns);
  /// Prints a line that stays.
  void print(const std::string& line);

 private:
  void end_line();

  std::ostream& out_;
  std::function<int()> columns_;
  bool open_line_ = false;  // the last line may be redrawn
};

class ConsoleReporter : public Reporter {
 public:
  ConsoleReporter() = default;
  ConsoleReporter(std::ostream& out, std::function<int()> columns) : console_(out, std::move(columns)) {}

  void report(const Event& event) override;

 private:
  Console console_;
};

class ProgressBar {
 public:
  /// `unit`: what is counted ("images").
  ProgressBar(std::int64_t total, std::string unit) : total_(total), unit_(std::move(unit)) {}
  ProgressBar(std::ostream& out, std::function<int()> columns, std::int64_t total, std::string unit)
      : console_(out, std::move(columns)), total_(total), unit_(std::move(unit)) {}

  /// Reports that one more part is done. See show.
  void advance() { show(done_ + 1, total_); }
  /// Reports that `done` of `total` parts are done (total 0: unknown). Draws at most ten times a second on a terminal, every ten seconds elsewhere.
  void show(std::int64_t done, std::int64_t total);
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  Console console_;
  std::int64_t total_;
  std::string unit_;
  std::int64_t done_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
};

}  // namespace seg
