// An options struct declares its fields once, for parsing, printing, help and comparison.
//
//   struct PolyOptions {
//     double power = 0.9;
//     void fields(config::Visitor& v) { v.field("power", power, {.help = "exponent of the decay", .min = 0.0, .max = 10.0}); }
//   };
//   enum class Fall { kConstant, kPoly };
//   inline constexpr config::Name<Fall> kFalls[] = {{Fall::kConstant, "constant"}, {Fall::kPoly, "poly"}};
//   struct ScheduleOptions {
//     Fall type = Fall::kPoly;
//     PolyOptions poly;
//     void fields(config::Visitor& v) {
//       v.choice("type", type, kFalls, {.help = "how the learning rate falls"});
//       v.block("poly", poly, "polynomial decay");
//     }
//   };
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/size.hpp"

namespace seg::config {

/// The declaration of a field.
struct About {
  std::string help = {};                                  // one line, no full stop
  std::string unit = {};                                  // "pixels", "seconds"; empty if there is none
  double min = -std::numeric_limits<double>::infinity();  // smallest value of a number or of each number in a list, map or size
  double max = std::numeric_limits<double>::infinity();   // largest value, in the same way
  std::vector<std::string> choices = {};                  // all values of a string, of an element of a string list or of a key of a map; empty: any
  bool harmless = false;                                  // may change when a run is resumed, because it does not affect the weights
  bool path = false;                                      // a path: saved as an absolute path
  std::vector<std::string> no_paths = {};                 // values of a path field that are no paths, and are saved unchanged
  std::string instead_of = {};  // the alternative field in the same block: a later file or --set that sets one of the two drops the other
};

/// A value of an enum and its name. A table of them names all values: Name<Color> kColors[] = {{Color::kRed, "red"}, ...}.
template <class Enum>
struct Name {
  Enum value;
  const char* text;
};

template <class Enum, std::size_t N>
std::string name_of(Enum value, const Name<Enum> (&names)[N]) {
  for (const Name<Enum>& name : names)
    if (name.value == value) return name.text;
  throw Error(ErrorKind::kInternal, "the table of names lacks a value of the enum");
}

/// The enum value for a text, which must be one of `names`.
template <class Enum, std::size_t N>
Enum value_of(const std::string& text, const Name<Enum> (&names)[N]) {
  for (const Name<Enum>& name : names)
    if (text == name.text) return name.value;
  throw Error(ErrorKind::kInternal, "'" + text + "' is not in the table of names");
}

template <class Enum, std::size_t N>
std::vector<std::string> texts_of(const Name<Enum> (&names)[N]) {
  std::vector<std::string> texts;
  for (const Name<Enum>& name : names) texts.emplace_back(name.text);
  return texts;
}

/// A pointer to the value of a field, for every type that a field can have. A Size is [height, width].
using FieldValue = std::variant<bool*, std::int64_t*, double*, std::string*, Size*, std::vector<std::int64_t>*, std::vector<double>*,
                                std::vector<std::string>*, std::map<std::string, double>*>;

class Visitor {
 public:
  virtual ~Visitor() = default;

  /// `value` has one of the types of FieldValue.
  template <class Value>
  void field(const std::string& name, Value& value, const About& about) {
    visit(name, &value, about);
  }

  /// One value of a fixed list: text in files, an enum in code. `choices` come from `names`.
  template <class Enum, std::size_t N>
  void choice(const std::string& name, Enum& value, const Name<Enum> (&names)[N], const About& given = {}) {
    About about = given;
    about.choices = texts_of(names);
    std::string text = name_of(value, names);
    field(name, text, about);
    value = value_of(text, names);
  }

  template <class Options>
  void block(const std::string& name, Options& options, const std::string& help) {
    enter(name, help);
    options.fields(*this);
    leave();
  }

 protected:
  virtual void visit(const std::string& name, const FieldValue& value, const About& about) = 0;
  virtual void enter(const std::string& name, const std::string& help) = 0;
  virtual void leave() = 0;
};

/// A function that shows the fields of an options struct to a visitor.
using Fields = std::function<void(Visitor&)>;

template <class Options>
Fields fields_of(Options& options) {
  return [&options](Visitor& v) { options.fields(v); };
}

}  // namespace seg::config
