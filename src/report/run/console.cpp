#include "report/run/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <optional>
#include <utility>

#include "report/text_table.hpp"

namespace seg {

namespace {

constexpr int kSmallestWidth = 20;    // columns
constexpr int kSmallestBarLine = 60;  // columns
constexpr int kLargestBar = 40;

std::optional<double> number(const Event& event, const char* key) {
  const auto found = event.values.find(key);
  return found != event.values.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string scientific(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return "-";
  std::array<char, 32> text{};
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.2e", *value))};
}

/// The width of the terminal at stderr, in columns; 0 if it is not a terminal.
int stderr_columns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0 || seconds > 1e12) return "-";
  const auto whole = static_cast<long long>(std::llround(seconds));
  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string progress_line(const Event& event) {
  const auto left = number(event, "seconds_left");
  return std::to_string(event.iteration) + "/" + fixed(number(event, "iterations"), 0) + "  loss " + fixed(number(event, "loss"), 4) + "  lr " +
         scientific(number(event, "learning_rate")) + "  " + fixed(number(event, "images_per_second"), 1) + " images/s  waiting " +
         percent(number(event, "data_wait"), 0) + " %  left " + (left ? duration_text(*left) : "-");
}

std::string event_line(const Event& event) {
  std::string line = event_name(event.kind) + " " + std::to_string(event.iteration);
  const char* separator = ": ";
  for (const auto& [key, value] : event.values.items()) {
    if (value.is_structured()) continue;
    std::string text = value.is_null()           ? "-"
                       : value.is_string()       ? value.get<std::string>()
                       : value.is_number_float() ? fixed(value.get<double>(), 4)
                                                 : value.dump();
    line.append(separator).append(key).append(" ").append(text);
    separator = ", ";
  }
  return line;
}

std::string progress_bar_text(std::int64_t done, std::int64_t total, const std::string& unit, double seconds, int columns) {
  const double rate = seconds > 0.0 ? static_cast<double>(done) / seconds : 0.0;
  std::string text = std::to_string(done) + (total > 0 ? "/" + std::to_string(total) : "") + " " + unit + "  " + fixed(rate, 1) + " " + unit + "/s";
  if (total > 0 && rate > 0.0) text += "  left " + duration_text(static_cast<double>(std::max<std::int64_t>(0, total - done)) / rate);
  const int room = std::min(kLargestBar, columns - static_cast<int>(text.size()) - 4);
  if (columns < kSmallestBarLine || total <= 0 || room < 10) return text;
  const auto filled = static_cast<std::size_t>(std::min<std::int64_t>(room, done * room / total));
  return "[" + std::string(filled, '=') + std::string(static_cast<std::size_t>(room) - filled, ' ') + "] " + text;
}

Console::Console(std::ostream& out, std::function<int()> columns) : out_(out), columns_(std::move(columns)) {}

Console::Console() : Console(std::cerr, stderr_columns) {}

Console::~Console() { end_line(); }

void Console::end_line() {
  if (open_line_) out_ << '\n' << std::flush;
  open_line_ = false;
}

void Console::print(const std::string& line) {
  end_line();
  out_ << line << '\n' << std::flush;
}

void Console::draw(std::string line, int columns) {
  if (columns == 0) {
    print(line);
    return;
  }
  // One column stays free: many terminals wrap when the last column is written.
  line.resize(static_cast<std::size_t>(std::max(columns, kSmallestWidth) - 1), ' ');
  out_ << '\r' << line << std::flush;
  open_line_ = true;
}

void ConsoleReporter::report(const Event& event) {
  if (event.kind == EventKind::kTrain)
    console_.draw(progress_line(event), console_.columns());
  else
    console_.print(event_line(event));
}

double ProgressBar::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void ProgressBar::show(std::int64_t done, std::int64_t total) {
  total_ = total;
  const bool more = std::exchange(done_, done) != done;
  const int columns = console_.columns();
  const auto pause = columns > 0 ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
  const bool last = more && columns > 0 && done_ == total_;
  if (!last && Clock::now() - drawn_ < pause) return;
  drawn_ = Clock::now();
  console_.draw(progress_bar_text(done_, total_, unit_, seconds(), columns), columns);
}

}  // namespace seg
