#include "config/scalars.hpp"

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

namespace seg::config {
namespace {

// from_chars takes no '+'; one is allowed here, before a number only.
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
