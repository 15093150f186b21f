#include "report/run/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <optional>

#include "report/text_table.hpp"

namespace seg {

namespace {

constexpr int kSmallestWidth = 20;

std::optional<double> number(const Event& event, const char* key) {
  const auto found = event.values.find(key);
  return found != event.values.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string scientific(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return "-";
  std::array<char, 32> text{};
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.2e", *value))};
}

}  // namespace

int stderr_columns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

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

ConsoleReporter::ConsoleReporter(std::ostream& out, std::function<int()> columns) : out_(out), columns_(std::move(columns)) {}

ConsoleReporter::ConsoleReporter() : ConsoleReporter(std::cerr, stderr_columns) {}

ConsoleReporter::~ConsoleReporter() { finish_line(); }

void ConsoleReporter::finish_line() {
  if (open_line_) out_ << '\n' << std::flush;
  open_line_ = false;
}

void ConsoleReporter::report(const Event& event) {
  const bool progress = event.kind == EventKind::kTrain;
  const int columns = columns_();
  if (!progress || columns == 0) {
    finish_line();
    out_ << (progress ? progress_line(event) : event_line(event)) << '\n' << std::flush;
    return;
  }
  // One column stays free: many terminals wrap when the last one is written.
  const auto room = static_cast<std::size_t>(std::max(columns, kSmallestWidth) - 1);
  std::string line = progress_line(event);
  line.resize(room, ' ');
  out_ << '\r' << line << std::flush;
  open_line_ = true;
}

}  // namespace seg
