// For people, on stderr: the events of a run, and how far a job of many equal parts is. One line redrawn on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <utility>

#include "report/run/events.hpp"

namespace seg {

/// "120/1125  loss 1.2345  lr 9.1e-04  23.4 images/s  waiting 2 %  left 0:12:34"; "-" for what is null or missing.
std::string progress_line(const Event& event);
/// Any other event: "validation 500: mean_iou 0.4123, mean_accuracy 0.5010" from its scalar values.
std::string event_line(const Event& event);
/// "0:12:34"; days are counted in hours.
std::string duration_text(double seconds);

/// "[====      ] 12/60 images  3.4 images/s  left 0:00:14" with a bar that fills `columns`; none below 60. total 0: not known.
std::string progress_bar_text(std::int64_t done, std::int64_t total, const std::string& unit, double seconds, int columns);

/// Lines for people.
class Console {
 public:
  /// `columns` gives the width to draw in (never less than 20), or 0 for plain lines.
  Console(std::ostream& out, std::function<int()> columns);
  /// stderr, whose columns are asked anew for each line.
  Console();
  ~Console();  // ends the line
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  int columns() const { return columns_(); }
  /// A line in the place of the one drawn before; a plain one for columns 0.
  void draw(std::string line, int columns);
  /// A line that stays.
  void print(const std::string& line);

 private:
  void end_line();

  std::ostream& out_;
  std::function<int()> columns_;
  bool open_line_ = false;  // a drawn line waits to be redrawn
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
  /// `unit` is what is counted ("images").
  ProgressBar(std::int64_t total, std::string unit) : total_(total), unit_(std::move(unit)) {}
  ProgressBar(std::ostream& out, std::function<int()> columns, std::int64_t total, std::string unit)
      : console_(out, std::move(columns)), total_(total), unit_(std::move(unit)) {}

  /// One more part is done. See show.
  void advance() { show(done_ + 1, total_); }
  /// So many of so many parts are done (total 0: not known). Draws at most ten times a second on a terminal, every ten seconds elsewhere.
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
