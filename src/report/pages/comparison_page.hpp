// A comparison as one HTML page: tables, the scatter plot of mean accuracy and mIoU, differences by class, false positives.
#pragma once

#include <string>

#include "report/comparison/comparison.hpp"

namespace seg {

std::string comparison_page(const Comparison& comparison);

}  // namespace seg
