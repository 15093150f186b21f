#include "bench/report.hpp"

#include <cmath>

#include "report/text_table.hpp"

namespace seg {

namespace {

/// Four significant digits; whole numbers unchanged.
std::string digits(std::optional<double> value) {
  if (!value || !std::isfinite(*value) || *value == std::floor(*value)) return fixed(value, 0);
  const int whole = static_cast<int>(std::floor(std::log10(std::abs(*value)))) + 1;
  return fixed(value, std::clamp(4 - whole, 0, 6));
}

nlohmann::ordered_json number(std::optional<double> value) { return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(); }

}  // namespace

void BenchReport::add(const std::string& section, const std::string& name, const Measurement& measurement, const std::string& unit) {
  rows_.push_back({section, name, unit, measurement.median, measurement, {}});
}

void BenchReport::add(const std::string& section, const std::string& name, std::optional<double> value, const std::string& unit) {
  rows_.push_back({section, name, unit, value, std::nullopt, {}});
}

void BenchReport::add_line(const std::string& section, const std::string& name, const std::vector<Cell>& cells) {
  rows_.push_back({section, name, "", std::nullopt, std::nullopt, cells});
}

void BenchReport::add_times(const std::string& section, const std::string& name, std::vector<double> seconds) {
  for (double& value : seconds) value *= 1e3;
  add(section, name, measurement_of(std::move(seconds)), "ms");
}

std::string BenchReport::text() const {
  std::string text;
  for (const auto& [name, value] : facts_.items()) text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  for (std::size_t begin = 0; begin < rows_.size();) {
    TextTable table{{rows_[begin].section}, {}};
    for (const Cell& cell : rows_[begin].cells) table.header.push_back(cell.column);
    if (rows_[begin].cells.empty()) table.header = {rows_[begin].section, "unit", "median", "min", "max"};
    std::size_t i = begin;
    for (; i < rows_.size() && rows_[i].section == rows_[begin].section; ++i) {
      const Row& row = rows_[i];
      std::vector<std::string>& line = table.rows.emplace_back(std::vector{row.name});
      for (const Cell& cell : row.cells) line.push_back(digits(cell.value));
      if (row.cells.empty())
        line = {row.name, row.unit, digits(row.value), row.measurement ? digits(row.measurement->low) : "",
                row.measurement ? digits(row.measurement->high) : ""};
    }
    text += "\n" + table.plain();
    begin = i;
  }
  return text;
}

nlohmann::ordered_json BenchReport::json() const {
  nlohmann::ordered_json results = nlohmann::ordered_json::object();
  for (const Row& row : rows_) {
    nlohmann::ordered_json& entry = results[row.section][row.name];
    for (const Cell& cell : row.cells) entry[cell.column] = number(cell.value);
    if (row.measurement)
      entry = {{"median", row.measurement->median},
               {"min", row.measurement->low},
               {"max", row.measurement->high},
               {"mean", row.measurement->mean},
               {"runs", row.measurement->runs}};
    else if (row.cells.empty())
      entry["value"] = number(row.value);
    if (!row.unit.empty()) entry["unit"] = row.unit;
  }
  return {{"benchmark", benchmark_}, {"facts", facts_}, {"results", results}};
}

}  // namespace seg
