#include "config/format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "config/text.hpp"

namespace seg::config {
namespace {

// Whether every YAML reader reads the text without quotes as exactly this text.
bool is_plain(const std::string& text) {
  if (text.empty()) return false;
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto is_safe = [&](char c) {
    return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) || std::string_view("_./+-").find(c) != std::string_view::npos;
  };
  if (!(is_letter(text[0]) || text[0] == '_' || text[0] == '/') || !std::all_of(text.begin(), text.end(), is_safe)) return false;
  std::string word = text;
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array kTaken = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "inf", "nan"};
  return std::find(kTaken.begin(), kTaken.end(), word) == kTaken.end();
}

std::string escaped(const std::string& text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string format_text(const std::string& text) {
  if (first_bad_utf8(text)) throw Error(ErrorKind::kConfiguration, in_quotes(text) + " is not UTF-8 text", "use a name in UTF-8");
  return is_plain(text) ? text : escaped(text);
}

template <class Items>
std::string format_list(const Items& items) {
  std::vector<std::string> words;
  words.reserve(items.size());
  for (const auto& item : items) words.push_back(format(item));
  return "[" + joined(words) + "]";
}

// The value in a saved configuration: it must mean the same in any working directory, and be readable again.
template <class Value>
Value saved(const Value& value, const About&) {
  return value;
}

double saved(double value, const About&) {
  if (!std::isfinite(value)) throw Error(ErrorKind::kInternal, format(value) + " is not finite and cannot be saved");
  return value;
}

std::string saved(const std::string& value, const About& about) {
  const bool names_file = about.path && !value.empty() && std::ranges::find(about.no_paths, value) == about.no_paths.end();
  return names_file ? std::filesystem::absolute(value).lexically_normal().string() : value;
}

template <class Item>
std::vector<Item> saved(std::vector<Item> value, const About& about) {
  for (Item& item : value) item = saved(item, about);
  return value;
}

std::map<std::string, double> saved(const std::map<std::string, double>& value, const About& about) {
  for (const auto& entry : value) saved(entry.second, about);
  return value;
}

}  // namespace

std::string format(bool value) { return value ? "true" : "false"; }
std::string format(std::int64_t value) { return std::to_string(value); }

std::string format(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end};
}

std::string format(const std::string& value) {
  std::string text;
  for (const char c : value) text.append(c == '$' ? 2 : 1, c);
  return format_text(text);
}

std::string format(const Size& value) { return format_list(std::array{value.height, value.width}); }
std::string format(const std::vector<std::int64_t>& value) { return format_list(value); }
std::string format(const std::vector<double>& value) { return format_list(value); }
std::string format(const std::vector<std::string>& value) { return format_list(value); }

std::string format(const std::map<std::string, double>& value) {
  std::vector<std::string> entries;
  entries.reserve(value.size());
  for (const auto& [key, number] : value) entries.push_back(format_text(key) + ": " + format(number));  // keys are not expanded
  return "{" + joined(entries) + "}";
}

std::string TextVisitor::prefix() const {
  std::string path;
  for (const std::string& block : blocks_) path += block + ".";
  return path;
}

void TextVisitor::visit(const std::string& name, const FieldValue& value, const About& about) {
  const std::string key = prefix() + name;
  std::string text;
  try {
    text = std::visit([&](const auto* field) { return format(paths_ == Paths::kAbsolute ? saved(*field, about) : *field); }, value);
  } catch (const Error& error) {
    throw Error(error.kind, key + ": " + error.what(), error.hint);
  }
  line(key, text, about);
}

}  // namespace seg::config
