// Events for people: one line redrawn on a terminal, plain lines elsewhere.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "report/run/events.hpp"

namespace seg {

/// The columns of the terminal behind stderr, asked anew at each call; 0 if stderr is no terminal.
int stderr_columns();

/// "120/1125  loss 1.2345  lr 9.1e-04  23.4 images/s  waiting 2 %  left 0:12:34"; "-" for what is null or missing.
std::string progress_line(const Event& event);
/// Any other event: "validation 500: mean_iou 0.4123, mean_accuracy 0.5010" from its scalar values.
std::string event_line(const Event& event);
/// "0:12:34"; days are counted in hours.
std::string duration_text(double seconds);

class ConsoleReporter : public Reporter {
 public:
  /// `columns` gives the width to draw in (never less than 20), or 0 for plain lines.
  ConsoleReporter(std::ostream& out, std::function<int()> columns);
  /// Writes to stderr.
  ConsoleReporter();
  ~ConsoleReporter() override;
  ConsoleReporter(const ConsoleReporter&) = delete;
  ConsoleReporter& operator=(const ConsoleReporter&) = delete;

  void report(const Event& event) override;

 private:
  void finish_line();

  std::ostream& out_;
  std::function<int()> columns_;
  bool open_line_ = false;  // a drawn progress line waits to be redrawn
};

}  // namespace seg
