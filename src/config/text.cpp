#include "config/text.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace seg::config {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Number of bytes of the character at the start of `text`; 0 if it is not a valid character.
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

// from_chars accepts no '+'. This function removes one, only before a number.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

template <class Number>
std::errc parse_whole(std::string_view text, Number& value) {
  text = without_plus(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end != text.data() + text.size()) return std::errc::invalid_argument;
  return error;
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

std::string parse_scalar(const std::string& text, bool& value) {
  value = text == "true" || text == "True" || text == "TRUE";
  if (value || text == "false" || text == "False" || text == "FALSE") return {};
  return "is neither true nor false";
}

std::string parse_scalar(const std::string& text, std::int64_t& value) {
  const std::errc error = parse_whole(text, value);
  if (error == std::errc{}) return {};
  if (error == std::errc::result_out_of_range) return "does not fit into 64 bits";
  double real = 0.0;
  const bool is_whole = parse_whole(text, real) == std::errc{} && std::abs(real) < 0x1p53 && std::trunc(real) == real;
  return is_whole ? "is not written as an integer (" + std::to_string(static_cast<std::int64_t>(real)) + ")" : "is not an integer";
}

std::string parse_scalar(const std::string& text, double& value) {
  if (text == ".inf" || text == "-.inf" || text == "+.inf" || text == ".nan") return "is not finite";
  const std::errc error = parse_whole(text, value);
  if (error == std::errc::result_out_of_range) return "is too large or too small for a number";
  if (error != std::errc{}) return "is not a number";
  return std::isfinite(value) ? "" : "is not finite";
}

}  // namespace seg::config
