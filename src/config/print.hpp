// An options struct as YAML, as help text, and held against another.
#pragma once

#include <memory>
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

std::unique_ptr<Visitor> make_printer(std::string& out);
std::unique_ptr<Visitor> make_help_printer(std::string& out);
/// Each field as {key, value, "", harmless}.
std::unique_ptr<Visitor> make_lister(std::vector<Difference>& out);
/// "key=choice" for each choice of a field that has some, "key=" for each other.
std::unique_ptr<Visitor> make_setting_lister(std::vector<std::string>& out);
std::vector<Difference> compare(const std::vector<Difference>& before, const std::vector<Difference>& after);

/// The whole struct as YAML that Document reads back to the same values. Doubles keep their exact value; paths are made absolute.
template <class Options>
std::string to_yaml(Options options) {
  std::string out;
  options.fields(*make_printer(out));
  return out;
}

/// One line a field: key, default, unit, range or choices, help.
template <class Options>
std::string help_text(Options defaults) {
  std::string out;
  defaults.fields(*make_help_printer(out));
  return out;
}

/// What a shell offers after --set.
template <class Options>
std::vector<std::string> setting_words(Options defaults) {
  std::vector<std::string> words;
  defaults.fields(*make_setting_lister(words));
  return words;
}

template <class Options>
std::vector<Difference> differences(Options before, Options after) {
  std::vector<Difference> a, b;
  before.fields(*make_lister(a));
  after.fields(*make_lister(b));
  return compare(a, b);
}

}  // namespace seg::config
