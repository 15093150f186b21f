#include "config/convert.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <type_traits>

#include "base/nearest.hpp"
#include "config/format.hpp"
#include "config/text.hpp"

namespace seg::config {
namespace {

using Kind = Node::Kind;

// The kind of value that a field expects, with an example for the hint.
struct Wanted {
  const char* type;
  const char* example;
};
constexpr Wanted wanted(const bool&) { return {"true or false", "true"}; }
constexpr Wanted wanted(const std::int64_t&) { return {"an integer", "8"}; }
constexpr Wanted wanted(const double&) { return {"a number", "0.5"}; }
constexpr Wanted wanted(const std::string&) { return {"text", "\"some text\""}; }
constexpr Wanted wanted(const Size&) { return {"a size [height, width]", "[384, 768]"}; }
constexpr Wanted wanted(const std::vector<std::int64_t>&) { return {"a list of integers", "[1, 2]"}; }
constexpr Wanted wanted(const std::vector<double>&) { return {"a list of numbers", "[0.5, 1]"}; }
constexpr Wanted wanted(const std::vector<std::string>&) { return {"a list of texts", "[one, two]"}; }
constexpr Wanted wanted(const std::map<std::string, double>&) { return {"names with one number each", "{one: 0.5}"}; }

std::string hint_of(const Field& field, const Wanted& want) {
  const std::string help = field.about.help.empty() ? "" : " (" + field.about.help + ")";
  const std::string name = field.key.substr(field.key.rfind('.') + 1);
  return field.key + " is " + want.type + help + ", written like  " + name + ": " + want.example;
}

[[noreturn]] void wrong_kind(const Node& node, const Field& field, const Wanted& want) {
  std::string found = kind_name(node);
  if (node.kind == Kind::kScalar) found = in_quotes(node.text);
  fail(node.kind == Kind::kNull && node.key_position.source ? node.key_position : node.position,
       field.key + ": expected " + want.type + ", found " + found, hint_of(field, want));
}

std::string range_text(const About& about) {
  const std::string unit = about.unit.empty() ? "" : " " + about.unit;
  if (about.max == std::numeric_limits<double>::infinity()) return "at least " + format(about.min) + unit;
  if (about.min == -std::numeric_limits<double>::infinity()) return "at most " + format(about.max) + unit;
  return "from " + format(about.min) + " to " + format(about.max) + unit;
}

template <class Number>
void check_range(const Node& node, const Field& field, Number value) {
  const auto real = static_cast<double>(value);
  if (real >= field.about.min && real <= field.about.max) return;
  const std::string range = range_text(field.about);
  fail(node.position, field.key + ": " + format(value) + " is out of range: it must be " + range, "choose a value " + range);
}

void check_choice(const Position& position, const Field& field, const std::string& value) {
  const std::vector<std::string>& choices = field.about.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  const std::string near = nearest(value, choices);
  fail(position, field.key + ": " + in_quotes(value) + " is not one of the choices",
       (near.empty() ? "choose one of " : "did you mean " + in_quotes(near) + "? The choices are ") + joined(choices));
}

// A bool or a number.
template <class Scalar>
void convert_value(const Node& node, const Field& field, Scalar& value) {
  if (node.kind != Kind::kScalar) wrong_kind(node, field, wanted(value));
  const std::string text = expand(node, field.key);
  // Quotes turn a number into text, but ${VAR} may need them.
  const bool is_text = !node.plain && node.text.find("${") == std::string::npos;
  const std::string defect = is_text ? "is text, because it is in quotes" : parse_scalar(text, value);
  if (!defect.empty()) fail(node.position, field.key + ": " + in_quotes(text) + " " + defect, hint_of(field, wanted(value)));
  if constexpr (!std::is_same_v<Scalar, bool>) check_range(node, field, value);
}

void convert_value(const Node& node, const Field& field, std::string& value) {
  if (node.kind != Kind::kScalar) wrong_kind(node, field, wanted(value));
  value = expand(node, field.key);
  check_choice(node.position, field, value);
}

void convert_value(const Node& node, const Field& field, Size& value) {
  if (node.kind == Kind::kList && node.children.size() == 2) {
    convert_value(node.children[0], field, value.height);
    convert_value(node.children[1], field, value.width);
    return;
  }
  if (node.kind != Kind::kScalar) wrong_kind(node, field, wanted(value));
  const std::string text = expand(node, field.key);
  const std::size_t cross = text.find('x');
  const bool is_size = cross != std::string::npos && parse_scalar(text.substr(0, cross), value.height).empty() &&
                       parse_scalar(text.substr(cross + 1), value.width).empty();
  if (!is_size) wrong_kind(node, field, wanted(value));
  check_range(node, field, value.height);
  check_range(node, field, value.width);
}

template <class Item>
void convert_value(const Node& node, const Field& field, std::vector<Item>& value) {
  if (node.kind != Kind::kList) wrong_kind(node, field, wanted(value));
  value.clear();
  for (const Node& child : node.children) convert_value(child, field, value.emplace_back());
}

void convert_value(const Node& node, const Field& field, std::map<std::string, double>& value) {
  if (node.kind != Kind::kMap && node.kind != Kind::kNull) wrong_kind(node, field, wanted(value));
  value.clear();
  for (const Node& child : node.children) {
    if (child.inherited) continue;
    check_choice(child.key_position, field, child.key);
    convert_value(child, field, value[child.key]);
  }
}

bool is_variable_name(const std::string& name) {
  const auto is_part = [](unsigned char c) { return c == '_' || std::isalnum(c) != 0; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 && std::ranges::all_of(name, is_part);
}

// `inside` is the text between the braces.
std::string variable(const std::string& inside, const Node& scalar, const std::string& key) {
  const std::size_t split = std::min(inside.find(":-"), inside.find(":?"));
  const std::string name = inside.substr(0, split);
  std::optional<std::string> fallback, advice;
  if (split != std::string::npos) (inside[split + 1] == '-' ? fallback : advice) = inside.substr(split + 2);
  const auto refuse = [&](const std::string& what, const std::string& hint) { fail(scalar.position, key + ": " + what, hint); };

  if (!is_variable_name(name))
    refuse(in_quotes(name) + " is not the name of a variable", "write ${NAME}, ${NAME:-default} or ${NAME:?advice}, or $$ for a dollar sign");
  if (fallback && fallback->find('$') != std::string::npos)
    refuse("the default of ${" + shown(name) + "} contains a dollar sign", "a default must be plain text");
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

void convert(const Node& node, const Field& field, const FieldValue& value) {
  std::visit([&](auto* target) { convert_value(node, field, *target); }, value);
}

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
