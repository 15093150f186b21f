// A comparison as one HTML page: the scatter plot of mean accuracy and mIoU, predictions side by side, tables, differences by class, false positives.
#pragma once

#include <string>

#include "report/comparison/comparison.hpp"

namespace seg {

/// `pictures`: of side_by_side(), which may be empty.
std::string comparison_page(const Comparison& comparison, const std::string& pictures = {});

}  // namespace seg
