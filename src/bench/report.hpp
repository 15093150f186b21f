// The result of a benchmark: facts about the machine and the run, and measured quantities, as a table and as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "bench/measure.hpp"

namespace seg {

class BenchReport {
 public:
  /// `benchmark`: "train", "loss", "data", "eval" or "conv".
  explicit BenchReport(std::string benchmark) : benchmark_(std::move(benchmark)) {}

  /// Adds a fact on which the numbers depend: threads, versions, sizes.
  void fact(const std::string& name, const nlohmann::ordered_json& value) { facts_[name] = value; }

  /// Names are snake_case; those of one section are added one after another. `unit` is empty for a ratio.
  void add(const std::string& section, const std::string& name, const Measurement& measurement, const std::string& unit);
  void add(const std::string& section, const std::string& name, std::optional<double> value, const std::string& unit);
  /// In ms.
  void add_times(const std::string& section, const std::string& name, std::vector<double> seconds);

  struct Cell {
    std::string column;
    std::optional<double> value;
  };
  /// A section of only such lines is one table, with the columns of its first line.
  void add_line(const std::string& section, const std::string& name, const std::vector<Cell>& cells);

  /// One table per section: name, unit, median, smallest, largest, or the cells of lines. Single values have no spread; unknown values are "-".
  std::string text() const;
  /// {"benchmark": ..., "facts": {...}, "results": {section: {name: {"value" or "median", "min", "max", "mean", "runs"; "unit"}}}}; for a line
  /// {column: value}
  nlohmann::ordered_json json() const;

 private:
  struct Row {
    std::string section;
    std::string name;
    std::string unit;
    std::optional<double> value;
    std::optional<Measurement> measurement;  // of a quantity measured several times
    std::vector<Cell> cells;                 // of a line
  };

  std::string benchmark_;
  nlohmann::ordered_json facts_ = nlohmann::ordered_json::object();
  std::vector<Row> rows_;
};

}  // namespace seg
