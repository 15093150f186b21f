// Formats numbers and small tables as text.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace seg {

/// With this many decimals; "-" if empty or not finite.
std::string fixed(std::optional<double> value, int decimals);
/// A fraction in per cent, without the % sign: 0.8473 is "84.7".
std::string percent(std::optional<double> fraction, int decimals = 1);
/// With enough digits to read the same double again; empty if empty (a CSV cell).
std::string exact(std::optional<double> value);

struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;               // each as long as the header
  std::set<std::pair<std::size_t, std::size_t>> best = {};  // row and column of the cells that are bold in Markdown and on pages

  /// Columns aligned with spaces: the first to the left, the others to the right.
  std::string plain() const;
  std::string markdown() const;
  /// RFC 4180: cells with commas, quotes or line breaks are quoted. Lines end with \n.
  std::string csv() const;
};

}  // namespace seg
