// Breaks text into lines of a given width.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace seg {

/// The words of `text` in lines of at most `width` characters; a longer word has a line of its own.
inline std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
      lines.push_back(word);
    } else {
      lines.back().append(" ").append(word);
    }
  }
  return lines;
}

}  // namespace seg
