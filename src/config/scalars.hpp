// Text -> bool and numbers, without the surprises of YAML 1.1 (yes, 010, 1_000) or of locales.
#pragma once

#include <cstdint>
#include <string>

namespace seg::config {

/// Each returns what is wrong with `text`, to follow it in a message ("is not a number"), or "" after setting `value`.
std::string parse_scalar(const std::string& text, bool& value);          // true, false
std::string parse_scalar(const std::string& text, std::int64_t& value);  // decimal digits with a sign
std::string parse_scalar(const std::string& text, double& value);        // 1, -0.5, .5, 1e-3; finite

}  // namespace seg::config
