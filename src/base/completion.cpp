#include "base/app.hpp"

namespace seg {

namespace {

bool is_word(const Option& option) { return !option.name.starts_with('-'); }
bool is_flag(const Option& option) { return std::holds_alternative<bool*>(option.value); }

std::string entry(const std::string& array, const std::string& key, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return array + "['" + key + "']='" + text + "'\n";
}

std::string values(const Option& option) {
  std::vector<std::string> words = option.words ? option.words() : std::vector<std::string>();
  if (std::holds_alternative<std::filesystem::path*>(option.value)) words.emplace_back(kAnyPath);
  return entry("_seg_values", option.name, words);
}

std::string call(const std::string& name, const std::vector<Option>& options, const std::vector<Verb>& verbs, bool has_version) {
  std::vector<std::string> words;
  words.reserve(verbs.size() + options.size() + 2);
  std::string table;
  for (const Verb& verb : verbs) words.push_back(verb.name);
  for (const Option& option : options) {
    words.push_back(is_word(option) ? kAnyPath : option.name);
    if (!is_word(option) && !is_flag(option)) table += values(option);
  }
  words.emplace_back("--help");
  if (has_version) words.emplace_back("--version");
  return entry("_seg_options", name, words) + table;
}

}  // namespace

std::string completion_table(const Program& program) {
  std::string table = call(program.name, program.options, program.verbs, true);
  for (const Verb& verb : program.verbs) table += call(program.name + " " + verb.name, verb.options, {}, false);
  return table;
}

}  // namespace seg
