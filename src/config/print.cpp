#include "config/print.hpp"

#include <map>

#include "config/text_visitor.hpp"

namespace seg::config {
namespace {

class Printer : public TextVisitor {
 public:
  explicit Printer(std::string& out) : TextVisitor(Paths::kAbsolute), out_(out) {}

 private:
  void line(const std::string& name, const std::string& text, const About&) override {
    out_.append(indent(), ' ').append(name).append(": ").append(text).append("\n");
  }
  void enter(const std::string& name, const std::string& help) override {
    out_.append(indent(), ' ').append(name).append(":");
    TextVisitor::enter(name, help);
    starts_.push_back(out_.size());
    out_ += "\n";
  }
  void leave() override {
    TextVisitor::leave();
    const bool empty = starts_.back() + 1 == out_.size();
    if (empty) out_.insert(starts_.back(), " {}");
    starts_.pop_back();
  }
  std::size_t indent() const { return 2 * starts_.size(); }

  std::string& out_;
  std::vector<std::size_t> starts_;  // where each open block's first line ends
};

class Lister : public TextVisitor {
 public:
  explicit Lister(std::vector<Difference>& out) : TextVisitor(Paths::kAbsolute), out_(out) {}

 private:
  void line(const std::string& name, const std::string& text, const About& about) override {
    out_.push_back({prefix() + name, text, "", about.harmless});
  }

  std::vector<Difference>& out_;
};

class SettingLister : public TextVisitor {
 public:
  explicit SettingLister(std::vector<std::string>& out) : TextVisitor(Paths::kAsGiven), out_(out) {}

 private:
  void line(const std::string& name, const std::string& text, const About& about) override {
    const std::string key = prefix() + name + "=";
    const bool is_list = text.starts_with('[') || text.starts_with('{');  // its elements are chosen from, not the whole
    std::vector<std::string> choices = is_list ? std::vector<std::string>() : about.choices;
    if (text == "true" || text == "false") choices = {"true", "false"};
    for (const std::string& choice : choices) out_.push_back(key + choice);
    if (choices.empty()) out_.push_back(key);
  }

  std::vector<std::string>& out_;
};

}  // namespace

std::unique_ptr<Visitor> make_printer(std::string& out) { return std::make_unique<Printer>(out); }
std::unique_ptr<Visitor> make_lister(std::vector<Difference>& out) { return std::make_unique<Lister>(out); }
std::unique_ptr<Visitor> make_setting_lister(std::vector<std::string>& out) { return std::make_unique<SettingLister>(out); }

std::vector<Difference> compare(const std::vector<Difference>& before, const std::vector<Difference>& after) {
  std::map<std::string, const Difference*> old;
  for (const Difference& field : before) old.emplace(field.key, &field);
  std::vector<Difference> differences;
  for (const Difference& field : after) {
    const auto found = old.find(field.key);
    const std::string text = found == old.end() ? "" : found->second->before;
    if (text != field.before) differences.push_back({field.key, text, field.before, field.harmless});
    if (found != old.end()) old.erase(found);
  }
  for (const Difference& field : before) {
    if (old.contains(field.key)) differences.push_back({field.key, field.before, "", field.harmless});
  }
  return differences;
}

}  // namespace seg::config
