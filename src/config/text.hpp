// Text as it may come from anywhere, made safe to parse and to show; and text -> bool and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seg::config {

/// Where `text` stops being UTF-8 (RFC 3629: no overlong forms, no surrogates); nothing if it is UTF-8 to its end.
std::optional<std::size_t> first_bad_utf8(std::string_view text);

/// `text` on one line: control characters as '?', the end of a long one as "...".
std::string shown(std::string_view text);
/// The same in single quotes.
std::string in_quotes(std::string_view text);

/// "a, b, c"
std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

/// Without the surprises of YAML 1.1 (yes, 010, 1_000) or of locales. Each returns what is wrong with `text`, to follow it in a message ("is not a
/// number"), or "" after setting `value`.
std::string parse_scalar(const std::string& text, bool& value);          // true, false
std::string parse_scalar(const std::string& text, std::int64_t& value);  // decimal digits with a sign
std::string parse_scalar(const std::string& text, double& value);        // 1, -0.5, .5, 1e-3; finite

}  // namespace seg::config
