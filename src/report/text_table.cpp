#include "report/text_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>

namespace seg {

namespace {

using Row = std::vector<std::string>;

/// Width on a terminal, in columns: UTF-8 continuation bytes have none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

std::string joined(const Row& row, const std::string& separator, const std::function<std::string(const std::string&)>& cell) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) line += (i == 0 ? "" : separator) + cell(row[i]);
  return line;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string markdown_cell(const std::string& text) {
  std::string escaped;
  for (const char c : one_line(text)) {
    if (c == '|' || c == '\\' || c == '<') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string fixed(std::optional<double> value, int decimals) {
  if (!value || !std::isfinite(*value)) return "-";
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), std::abs(*value) < 1e15 ? "%.*f" : "%.*e", decimals, *value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string percent(std::optional<double> fraction, int decimals) {
  return fixed(fraction ? std::optional(*fraction * 100.0) : std::nullopt, decimals);
}

std::string exact(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return "";
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), *value).ptr};
}

std::string TextTable::plain() const {
  std::vector<Row> lines = {header};
  lines.insert(lines.end(), rows.begin(), rows.end());
  std::vector<std::size_t> widths(header.size(), 0);
  for (Row& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = one_line(line[i]);
      widths[i] = std::max(widths[i], width(line[i]));
    }
  }
  std::string text;
  for (const Row& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string space(widths[i] - width(line[i]), ' ');
      text += i == 0 ? line[i] + space : "  " + space + line[i];
    }
    text += '\n';
  }
  return text;
}

std::string TextTable::markdown() const {
  std::string text = "| " + joined(header, " | ", markdown_cell) + " |\n|";
  for (std::size_t i = 0; i < header.size(); ++i) text += i == 0 ? "---|" : "---:|";
  text += '\n';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    std::ranges::transform(row, row.begin(), markdown_cell);
    for (std::size_t column = 0; column < row.size(); ++column)
      if (best.contains({i, column})) row[column] = "**" + row[column] + "**";
    text += "| " + joined(row, " | ", [](const std::string& cell) { return cell; }) + " |\n";
  }
  return text;
}

std::string TextTable::csv() const {
  std::string text = joined(header, ",", csv_cell) + "\n";
  for (const Row& row : rows) text += joined(row, ",", csv_cell) + "\n";
  return text;
}

}  // namespace seg
