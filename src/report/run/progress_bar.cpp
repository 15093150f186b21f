#include "report/run/progress_bar.hpp"

#include <algorithm>
#include <iostream>

#include "report/run/console.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

constexpr int kSmallestBarLine = 60;  // columns
constexpr int kLargestBar = 40;

}  // namespace

std::string progress_bar_text(std::int64_t done, std::int64_t total, const std::string& unit, double seconds, int columns) {
  const double rate = seconds > 0.0 ? static_cast<double>(done) / seconds : 0.0;
  std::string text = std::to_string(done) + (total > 0 ? "/" + std::to_string(total) : "") + " " + unit + "  " + fixed(rate, 1) + " " + unit + "/s";
  if (total > 0 && rate > 0.0) text += "  left " + duration_text(static_cast<double>(std::max<std::int64_t>(0, total - done)) / rate);
  const int room = std::min(kLargestBar, columns - static_cast<int>(text.size()) - 4);
  if (columns < kSmallestBarLine || total <= 0 || room < 10) return text;
  const auto filled = static_cast<std::size_t>(std::min<std::int64_t>(room, done * room / total));
  return "[" + std::string(filled, '=') + std::string(static_cast<std::size_t>(room) - filled, ' ') + "] " + text;
}

ProgressBar::ProgressBar(std::ostream& out, std::function<int()> columns, std::int64_t total, std::string unit)
    : out_(out), columns_(std::move(columns)), total_(total), unit_(std::move(unit)) {}

ProgressBar::ProgressBar(std::int64_t total, std::string unit) : ProgressBar(std::cerr, stderr_columns, total, std::move(unit)) {}

ProgressBar::~ProgressBar() {
  if (open_line_) out_ << '\n' << std::flush;
}

double ProgressBar::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void ProgressBar::advance() {
  ++done_;
  const int columns = columns_();
  const auto pause = columns > 0 ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
  const bool last = columns > 0 && done_ == total_;
  if (!last && Clock::now() - drawn_ < pause) return;
  drawn_ = Clock::now();
  std::string line = progress_bar_text(done_, total_, unit_, seconds(), columns);
  if (columns == 0) {
    out_ << line << '\n' << std::flush;
    return;
  }
  line.resize(static_cast<std::size_t>(std::max(columns, 20) - 1), ' ');  // many terminals wrap when the last column is written
  out_ << '\r' << line << std::flush;
  open_line_ = true;
}

}  // namespace seg
