// The tables of a comparison, for its Markdown, CSV and HTML files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/comparison/comparison.hpp"
#include "report/text_table.hpp"

namespace seg {

struct Section {
  std::string heading;  // a title, or a sentence about the table
  TextTable table;
};

/// Pixels of the class `truth` that were predicted as another class.
struct Taken {
  std::size_t truth = 0;
  std::int64_t pixels = 0;
};

/// For people, in per cent.
std::string comparison_caption(const Comparison& comparison);
TextTable main_table(const Comparison& comparison);
std::vector<Section> class_sections(const Comparison& comparison);
/// One line for each loss with pairs.
Section difference_section(const Comparison& comparison);
/// One line for each loss with scores by image or at boundaries.
Section fine_section(const Comparison& comparison);
Section false_positive_section(const Comparison& comparison);

/// The false positives of a class by their true class, the largest first; without zeros.
std::vector<Taken> false_positives(const ConfusionTable& confusion, std::size_t predicted);

/// For programs, as fractions.
TextTable csv_table(const Comparison& comparison);
TextTable false_positive_csv(const Comparison& comparison);

}  // namespace seg
