// How an options struct declares its fields, once, for parsing, printing, help and comparison.
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

/// What a field says about itself.
struct About {
  std::string help = {};                                  // one line, no full stop
  std::string unit = {};                                  // "pixels", "seconds"; empty where there is none
  double min = -std::numeric_limits<double>::infinity();  // smallest value of a number or of each number in a list, map or size
  double max = std::numeric_limits<double>::infinity();   // largest, likewise
  std::vector<std::string> choices = {};                  // all values a string, an element of a string list or a map's key may have; empty: any
  bool harmless = false;                                  // may differ when a run is resumed: it changes no weight
  bool path = false;                                      // a path: saved absolute
  std::vector<std::string> no_paths = {};                 // values of a path that name something else, and are saved as they are
  std::string instead_of = {};  // the field beside it that says the same otherwise: a later file or --set that sets one drops the other
};

/// A value of an enum and how it is written. A table of them names all values: Name<Color> kColors[] = {{Color::kRed, "red"}, ...}.
template <class Enum>
struct Name {
  Enum value;
  const char* text;
};

template <class Enum, std::size_t N>
std::string name_of(Enum value, const Name<Enum> (&names)[N]) {
  for (const Name<Enum>& name : names)
    if (name.value == value) return name.text;
  throw Error(ErrorKind::kInternal, "a value of an enum is missing in its table of names");
}

/// The value of a text that is one of `names`.
template <class Enum, std::size_t N>
Enum value_of(const std::string& text, const Name<Enum> (&names)[N]) {
  for (const Name<Enum>& name : names)
    if (text == name.text) return name.value;
  throw Error(ErrorKind::kInternal, "'" + text + "' is missing in a table of names");
}

template <class Enum, std::size_t N>
std::vector<std::string> texts_of(const Name<Enum> (&names)[N]) {
  std::vector<std::string> texts;
  for (const Name<Enum>& name : names) texts.emplace_back(name.text);
  return texts;
}

/// Where the value of a field stands: every kind that a field can have. A Size is [height, width].
using FieldValue = std::variant<bool*, std::int64_t*, double*, std::string*, Size*, std::vector<std::int64_t>*, std::vector<double>*,
                                std::vector<std::string>*, std::map<std::string, double>*>;

class Visitor {
 public:
  virtual ~Visitor() = default;

  /// `value` is of one of the kinds of FieldValue.
  template <class Value>
  void field(const std::string& name, Value& value, const About& about) {
    visit(name, &value, about);
  }

  /// One of a fixed list: text in files, an enum in code. `choices` come from `names`.
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

/// What shows a visitor the fields of an options struct.
using Fields = std::function<void(Visitor&)>;

template <class Options>
Fields fields_of(Options& options) {
  return [&options](Visitor& v) { options.fields(v); };
}

}  // namespace seg::config
