#include <algorithm>

#include "base/app.hpp"
#include "base/nearest.hpp"

namespace seg {

namespace {

bool is_option(const std::string& word) { return word.size() > 1 && word.starts_with('-'); }
std::string option_name(const std::string& word) { return word.substr(0, word.find('=')); }

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const std::string near = nearest(word, names);
  return near.empty() ? "" : "did you mean " + near + "? ";
}

/// One call of a program, with or without a verb.
class Call {
 public:
  Call(const Program& program, const std::vector<std::string>& words) : name_(program.name), options_(program.options), words_(words) {
    for (const Verb& verb : program.verbs) {
      const auto typed = std::find(words_.begin(), words_.end(), verb.name);
      if (typed == words_.end()) continue;
      words_.erase(typed);
      name_ += " " + verb.name;
      options_ = verb.options;
      return;
    }
    if (program.run) return;
    for (const Verb& verb : program.verbs) verbs_.push_back(verb.name);
  }

  Error error(const std::string& told) const {
    if (!verbs_.empty()) return missing_verb();
    const std::string help = name_ + " --help lists the options";
    for (std::size_t i = 0; i < words_.size() && words_[i] != "--"; ++i) {
      const std::string name = option_name(words_[i]);
      const Option* option = find(name);
      if (is_option(name) && option == nullptr && name != "--help" && name != "-h" && name != "--version")
        return configuration(name_ + " has no option " + name, option_meant(name) + help);
      if (!is_option(name) && !takes_words()) return configuration("'" + words_[i] + "' does not belong to any option", where_words_go() + help);
      const bool has_value = option != nullptr && !std::holds_alternative<bool*>(option->value) && name == words_[i];
      if (has_value) ++i;
    }
    return configuration(told, help);
  }

 private:
  static Error configuration(const std::string& what, const std::string& hint) { return {ErrorKind::kConfiguration, what, hint}; }

  Error missing_verb() const {
    std::string known = verbs_.front();
    for (std::size_t i = 1; i < verbs_.size(); ++i) known += (i + 1 < verbs_.size() ? ", " : " or ") + verbs_[i];
    const std::string help = known + "; " + name_ + " --help explains them";
    const auto word = std::find_if_not(words_.begin(), words_.end(), is_option);
    if (word == words_.end()) return configuration(name_ + " needs a verb", "write " + name_ + " " + help);
    return configuration(name_ + " has no verb " + *word, did_you_mean(*word, verbs_) + "the verbs are " + help);
  }

  const Option* find(const std::string& name) const {
    const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.name == name; });
    return found == options_.end() ? nullptr : &*found;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all{"--help", "--version"};
    for (const Option& option : options_) all.push_back(option.name);
    return all;
  }
  /// Whether the program takes words that belong to no option.
  bool takes_words() const {
    return std::any_of(options_.begin(), options_.end(), [](const Option& option) { return !is_option(option.name); });
  }
  std::string option_meant(const std::string& name) const {
    const std::string meant = did_you_mean(name, names());
    return meant.empty() && find("--set") != nullptr ? "set keys of the configuration with --set KEY=VALUE; " : meant;
  }
  std::string where_words_go() const {
    std::string text;
    for (const Option& option : options_)
      if (option.name == "--config" || option.name == "--set") text += (text.empty() ? "write " : " and ") + option.name + " " + option.type;
    return text.empty() ? "" : text + "; ";
  }

  std::string name_;
  std::vector<Option> options_;
  std::vector<std::string> words_;
  std::vector<std::string> verbs_;  // if a verb is missing
};

}  // namespace

Error usage_error(const Program& program, const std::vector<std::string>& words, const std::string& told) { return Call(program, words).error(told); }

}  // namespace seg
