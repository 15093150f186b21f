#include "config/convert.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "config/expand.hpp"
#include "config/format.hpp"
#include "config/scalars.hpp"
#include "config/text.hpp"

namespace seg::config {
namespace {

using Kind = Node::Kind;

// What a field wants, with an example for the hint.
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
constexpr Wanted wanted(const std::map<std::string, double>&) { return {"names with a number each", "{one: 0.5}"}; }

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
  fail(node.position, field.key + ": " + format(value) + " is out of range, it must be " + range, "choose a value " + range);
}

void check_choice(const Position& position, const Field& field, const std::string& value) {
  const std::vector<std::string>& choices = field.about.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  const std::string near = nearest(value, choices);
  fail(position, field.key + ": " + in_quotes(value) + " is not one of the choices",
       (near.empty() ? "choose one of " : "did you mean " + in_quotes(near) + "? The choices are ") + joined(choices));
}

template <class Scalar>
void convert_scalar(const Node& node, const Field& field, Scalar& value) {
  if (node.kind != Kind::kScalar) wrong_kind(node, field, wanted(value));
  const std::string text = expand(node, field.key);
  // Quotes make text of a number, but ${VAR} may need them.
  const bool is_text = !node.plain && node.text.find("${") == std::string::npos;
  const std::string defect = is_text ? "is text, because of its quotes" : parse_scalar(text, value);
  if (!defect.empty()) fail(node.position, field.key + ": " + in_quotes(text) + " " + defect, hint_of(field, wanted(value)));
}

template <class Item>
void convert_list(const Node& node, const Field& field, std::vector<Item>& value) {
  if (node.kind != Kind::kList) wrong_kind(node, field, wanted(value));
  value.clear();
  for (const Node& child : node.children) {
    Item item{};
    convert(child, field, item);
    value.push_back(std::move(item));
  }
}

}  // namespace

void convert(const Node& node, const Field& field, bool& value) { convert_scalar(node, field, value); }

void convert(const Node& node, const Field& field, std::int64_t& value) {
  convert_scalar(node, field, value);
  check_range(node, field, value);
}

void convert(const Node& node, const Field& field, double& value) {
  convert_scalar(node, field, value);
  check_range(node, field, value);
}

void convert(const Node& node, const Field& field, std::string& value) {
  if (node.kind != Kind::kScalar) wrong_kind(node, field, wanted(value));
  value = expand(node, field.key);
  check_choice(node.position, field, value);
}

void convert(const Node& node, const Field& field, Size& value) {
  if (node.kind == Kind::kList && node.children.size() == 2) {
    convert(node.children[0], field, value.height);
    convert(node.children[1], field, value.width);
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

void convert(const Node& node, const Field& field, std::vector<std::int64_t>& value) { convert_list(node, field, value); }
void convert(const Node& node, const Field& field, std::vector<double>& value) { convert_list(node, field, value); }
void convert(const Node& node, const Field& field, std::vector<std::string>& value) { convert_list(node, field, value); }

void convert(const Node& node, const Field& field, std::map<std::string, double>& value) {
  if (node.kind != Kind::kMap && node.kind != Kind::kNull) wrong_kind(node, field, wanted(value));
  value.clear();
  for (const Node& child : node.children) {
    if (child.inherited) continue;
    check_choice(child.key_position, field, child.key);
    convert(child, field, value[child.key]);
  }
}

}  // namespace seg::config
