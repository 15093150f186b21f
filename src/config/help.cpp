#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/wrap.hpp"
#include "config/format.hpp"
#include "config/print.hpp"
#include "config/text.hpp"

namespace seg::config {
namespace {

constexpr std::size_t kWidth = 80;      // characters of a line
constexpr std::size_t kLeastHelp = 34;  // minimum width of the help text: if the other cells of a section leave less, it is printed below them
constexpr std::size_t kBelow = 6;       // column in which it then begins

// Key, default, unit, range or choices; the help text follows them.
constexpr std::size_t kColumns = 4;
constexpr std::array<std::size_t, kColumns> kWidest = {34, 14, 10, 24};  // after a wider cell, the next cells go to a new line
using Cells = std::array<std::string, kColumns>;

struct Row {
  Cells cells;
  std::string help;
};

struct Section {
  std::string heading;
  std::vector<Row> rows;
};

std::string interval_text(const About& about) {
  const bool low = std::isfinite(about.min), high = std::isfinite(about.max);
  if (low && high) return "[" + format(about.min) + ", " + format(about.max) + "]";
  return low ? ">= " + format(about.min) : high ? "<= " + format(about.max) : "";
}

class HelpPrinter : public TextVisitor {
 public:
  HelpPrinter() : TextVisitor(Paths::kAsGiven) {}

  std::string text() const {
    std::string out;
    for (const Section& section : sections_) {
      if (section.rows.empty()) continue;
      if (!out.empty()) out += '\n';
      for (const std::string& line : wrapped(section.heading, kWidth)) out += line + "\n";
      print_rows(section.rows, out);
    }
    return out;
  }

 private:
  void line(const std::string& key, const std::string& text, const About& about) override {
    Row row{{key, text, about.unit, interval_text(about)}, about.help};
    if (!about.choices.empty()) {
      const std::string choices = joined(about.choices, "|");
      if (row.cells[3].empty() && choices.size() <= kWidest[3]) {
        row.cells[3] = choices;
      } else {
        row.help += " (" + joined(about.choices, " | ") + ")";
      }
    }
    sections_[open_.back()].rows.push_back(std::move(row));
  }
  void enter(const std::string& name, const std::string& help) override {
    const std::string path = prefix() + name;
    TextVisitor::enter(name, help);
    open_.push_back(sections_.size());
    sections_.push_back({path + ": " + help, {}});
  }
  void leave() override {
    TextVisitor::leave();
    open_.pop_back();
  }

  /// Prints all rows at once, because the column widths depend on all of them.
  static void print_rows(const std::vector<Row>& rows, std::string& out) {
    std::array<std::size_t, kColumns + 1> columns{};  // start of each column; the last is that of the help text
    columns[0] = 2;
    for (std::size_t i = 0; i < kColumns; ++i) {
      std::size_t width = 0;
      for (const Row& row : rows) {
        if (row.cells[i].size() <= kWidest[i]) width = std::max(width, row.cells[i].size());
      }
      columns[i + 1] = columns[i] + (width == 0 ? 0 : width + 2);
    }
    const std::size_t help = columns[kColumns] + kLeastHelp <= kWidth ? columns[kColumns] : kBelow;
    for (const Row& row : rows) {
      std::size_t used = 0;
      // Starts a new line if the line already reaches beyond `column`.
      const auto put = [&](std::size_t column, const std::string& text) {
        if (text.empty()) return;
        if (used > 0 && used + 2 > column) {
          out += '\n';
          used = 0;
        }
        out.append(column - used, ' ').append(text);
        used = column + text.size();
      };
      for (std::size_t i = 0; i < kColumns; ++i) put(columns[i], row.cells[i]);
      for (const std::string& words : wrapped(row.help, kWidth - help)) put(help, words);
      out += '\n';
    }
  }

  std::vector<Section> sections_ = std::vector<Section>(1);
  std::vector<std::size_t> open_ = {0};  // the sections around the current field
};

}  // namespace

std::string help_of(const Fields& fields) {
  HelpPrinter printer;
  fields(printer);
  return printer.text();
}

}  // namespace seg::config
