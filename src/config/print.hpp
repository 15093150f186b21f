// Prints an options struct as YAML or as help text, and compares two of them.
#pragma once

#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg::config {

/// A field whose values differ between two structs of one type, as YAML text.
struct Difference {
  std::string key;  // "train.batch_size"
  std::string before;
  std::string after;
  bool harmless = false;
};

/// Each field as {key, value, "", harmless}.
std::vector<Difference> listed(const Fields& fields);

// The implementations of the templates below, for fields_of() an options struct. Two structs must have the same type.
std::string yaml_of(const Fields& fields);
std::string help_of(const Fields& fields);
std::vector<std::string> setting_words_of(const Fields& fields);
std::vector<Difference> differences_of(const Fields& before, const Fields& after);

/// The whole struct as YAML, from which Document reads the same values again. Doubles keep their exact value; paths are made absolute.
template <class Options>
std::string to_yaml(Options options) {
  return yaml_of(fields_of(options));
}

/// One line per field: key, default, unit, range or choices, help.
template <class Options>
std::string help_text(Options defaults) {
  return help_of(fields_of(defaults));
}

/// The words that shell completion offers after --set: "key=choice" for each choice of a field with choices, "key=" for other fields.
template <class Options>
std::vector<std::string> setting_words(Options defaults) {
  return setting_words_of(fields_of(defaults));
}

template <class Options>
std::vector<Difference> differences(Options before, Options after) {
  return differences_of(fields_of(before), fields_of(after));
}

}  // namespace seg::config
