// Text in lines of a width.
#pragma once

#include <string>
#include <vector>

namespace seg {

/// The words of `text` in lines of at most `width` characters; a longer word has a line of its own.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace seg
