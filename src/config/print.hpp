// An options struct as YAML, as help text, and held against another.
#pragma once

#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg::config {

/// A field that two structs of one type hold differently, as YAML text.
struct Difference {
  std::string key;  // "train.batch_size"
  std::string before;
  std::string after;
  bool harmless = false;
};

/// Each field as {key, value, "", harmless}.
std::vector<Difference> listed(const Fields& fields);

// What the templates below do, for fields_of() an options struct; of one type where there are two.
std::string yaml_of(const Fields& fields);
std::string help_of(const Fields& fields);
std::vector<std::string> setting_words_of(const Fields& fields);
std::vector<Difference> differences_of(const Fields& before, const Fields& after);

/// The whole struct as YAML that Document reads back to the same values. Doubles keep their exact value; paths are made absolute.
template <class Options>
std::string to_yaml(Options options) {
  return yaml_of(fields_of(options));
}

/// One line a field: key, default, unit, range or choices, help.
template <class Options>
std::string help_text(Options defaults) {
  return help_of(fields_of(defaults));
}

/// What a shell offers after --set: "key=choice" for each choice of a field that has some, "key=" for each other.
template <class Options>
std::vector<std::string> setting_words(Options defaults) {
  return setting_words_of(fields_of(defaults));
}

template <class Options>
std::vector<Difference> differences(Options before, Options after) {
  return differences_of(fields_of(before), fields_of(after));
}

}  // namespace seg::config
