#include "config/expand.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "config/text.hpp"

namespace seg::config {
namespace {

bool is_variable_name(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    if (c != '_' && !std::isalnum(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// `inside` is what stands between the braces.
std::string variable(const std::string& inside, const Node& scalar, const std::string& key) {
  const std::size_t split = std::min(inside.find(":-"), inside.find(":?"));
  const std::string name = inside.substr(0, split);
  std::optional<std::string> fallback, advice;
  if (split != std::string::npos) (inside[split + 1] == '-' ? fallback : advice) = inside.substr(split + 2);
  const auto refuse = [&](const std::string& what, const std::string& hint) { fail(scalar.position, key + ": " + what, hint); };

  if (!is_variable_name(name))
    refuse(in_quotes(name) + " is not the name of a variable", "write ${NAME}, ${NAME:-default} or ${NAME:?advice}, or $$ for a dollar sign");
  if (fallback && fallback->find('$') != std::string::npos)
    refuse("a dollar sign in the default of ${" + shown(name) + "}", "a default is plain text");
  const char* value = std::getenv(name.c_str());
  if (fallback && (value == nullptr || *value == '\0')) return *fallback;
  if (value == nullptr || (advice && *value == '\0')) {
    refuse("the environment variable " + shown(name) + " is not set",
           "set it (export " + shown(name) + "=...) or give the value with --set " + key + "=..." + (advice ? ": " + *advice : ""));
  }
  if (first_bad_utf8(value)) refuse("the environment variable " + shown(name) + " is not UTF-8 text", "use a value in UTF-8");
  return value;
}

}  // namespace

std::string expand(const Node& scalar, const std::string& key) {
  const std::string& text = scalar.text;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '$' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string::npos) fail(scalar.position, key + ": ${ without a closing brace", "write ${NAME}, or $$ for a dollar sign");
      out += variable(text.substr(i + 2, end - i - 2), scalar, key);
      i = end;
    } else {
      out += text[i];
      if (next == '$') ++i;
    }
  }
  return out;
}

}  // namespace seg::config
