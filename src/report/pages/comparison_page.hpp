// A comparison as one HTML page: tables, the scatter of mean accuracy against mIoU, differences by class, false positives.
#pragma once

#include <filesystem>
#include <string>

#include "report/comparison/comparison.hpp"

namespace seg {

std::string comparison_page(const Comparison& comparison);

/// Writes it to comparison.html in `folder`, which is made. Throws kStorage.
void write_comparison_page(const Comparison& comparison, const std::filesystem::path& folder);

}  // namespace seg
