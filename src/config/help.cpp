#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/wrap.hpp"
#include "config/format.hpp"
#include "config/print.hpp"
#include "config/text.hpp"
#include "config/text_visitor.hpp"

namespace seg::config {
namespace {

constexpr std::size_t kWidth = 80;      // characters of a line
constexpr std::size_t kLeastHelp = 34;  // of them for the help at least: where the cells of a section leave less, it goes below them
constexpr std::size_t kBelow = 6;       // and begins here

// Key, default, unit, range or choices; the help follows them.
constexpr std::size_t kColumns = 4;
constexpr std::array<std::size_t, kColumns> kWidest = {34, 14, 10, 24};  // a wider cell pushes the next ones to a new line
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

class LineBreaker {
 public:
  explicit LineBreaker(std::string& out) : out_(out) {}

  /// Puts `text` at `column`, on a new line where that place is taken.
  void put(std::size_t column, const std::string& text) {
    if (text.empty()) return;
    if (used_ > 0 && used_ + 2 > column) next_line();
    out_.append(column - used_, ' ').append(text);
    used_ = column + text.size();
  }

  /// Puts words at `column` and, as lines fill up, below it.
  void wrap(std::size_t column, const std::string& text) {
    for (const std::string& line : wrapped(text, kWidth - column)) put(column, line);
  }

  void next_line() {
    out_ += '\n';
    used_ = 0;
  }

 private:
  std::string& out_;
  std::size_t used_ = 0;
};

class HelpPrinter : public TextVisitor {
 public:
  explicit HelpPrinter(std::string& out) : TextVisitor(Paths::kAsGiven), out_(out), sections_(1) { open_.push_back(0); }
  HelpPrinter(const HelpPrinter&) = delete;
  HelpPrinter& operator=(const HelpPrinter&) = delete;
  /// Only the whole tells how wide the columns are.
  ~HelpPrinter() override { print(); }

 private:
  void line(const std::string& name, const std::string& text, const About& about) override {
    Row row{{prefix() + name, text, about.unit, interval_text(about)}, about.help};
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

  void print() const {
    for (const Section& section : sections_) {
      if (section.rows.empty()) continue;
      if (!out_.empty()) out_ += '\n';
      for (const std::string& line : wrapped(section.heading, kWidth)) out_ += line + "\n";
      print_rows(section.rows);
    }
  }

  void print_rows(const std::vector<Row>& rows) const {
    std::array<std::size_t, kColumns + 1> columns{};  // where each begins; the last is the help's
    columns[0] = 2;
    for (std::size_t i = 0; i < kColumns; ++i) {
      std::size_t width = 0;
      for (const Row& row : rows) {
        if (row.cells[i].size() <= kWidest[i]) width = std::max(width, row.cells[i].size());
      }
      columns[i + 1] = columns[i] + (width == 0 ? 0 : width + 2);
    }
    const std::size_t help = columns[kColumns] + kLeastHelp <= kWidth ? columns[kColumns] : kBelow;
    LineBreaker lines(out_);
    for (const Row& row : rows) {
      for (std::size_t i = 0; i < kColumns; ++i) lines.put(columns[i], row.cells[i]);
      lines.wrap(help, row.help);
      lines.next_line();
    }
  }

  std::string& out_;
  std::vector<Section> sections_;
  std::vector<std::size_t> open_;  // the sections around the current field
};

}  // namespace

std::unique_ptr<Visitor> make_help_printer(std::string& out) { return std::make_unique<HelpPrinter>(out); }

}  // namespace seg::config
