// Makes text from any source safe to parse and to show; converts text to bool and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seg::config {

/// Position of the first byte of `text` that is not UTF-8 (RFC 3629: no overlong forms, no surrogates); nothing if all of it is UTF-8.
std::optional<std::size_t> first_bad_utf8(std::string_view text);

/// `text` on one line: control characters become '?', the end of a long text becomes "...".
std::string shown(std::string_view text);
/// The same in single quotes.
std::string in_quotes(std::string_view text);

/// "a, b, c"
std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

/// Without the special forms of YAML 1.1 (yes, 010, 1_000) or of locales. On success sets `value` and returns "". Otherwise returns the defect of
/// `text`, which follows it in a message ("is not a number").
std::string parse_scalar(const std::string& text, bool& value);          // true, false
std::string parse_scalar(const std::string& text, std::int64_t& value);  // decimal digits with a sign
std::string parse_scalar(const std::string& text, double& value);        // 1, -0.5, .5, 1e-3; finite

}  // namespace seg::config
