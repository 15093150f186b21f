// Text as it may come from anywhere, made safe to parse and to show.
#pragma once

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

}  // namespace seg::config
