#include "config/text.hpp"

namespace seg::config {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Bytes of the character at the start of `text`; 0 where it is none.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : bytes;
}

}  // namespace

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t bytes = character_bytes(text.substr(i));
    if (bytes == 0) return i;
    i += bytes;
  }
  return std::nullopt;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;  // bytes
  std::size_t end = text.size();
  if (end > kLongest) {
    end = kLongest;
    while (end > 0 && is_continuation(text[end])) --end;  // whole characters only
  }
  std::string line;
  for (const char c : text.substr(0, end)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return end < text.size() ? line + "..." : line;
}

std::string in_quotes(std::string_view text) { return "'" + shown(text) + "'"; }

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string line;
  for (const std::string& word : words) line.append(line.empty() ? "" : between).append(word);
  return line;
}

}  // namespace seg::config
