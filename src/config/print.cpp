#include "config/print.hpp"

#include "config/format.hpp"

namespace seg::config {
namespace {

class Printer : public TextVisitor {
 public:
  Printer() : TextVisitor(Paths::kAbsolute) {}

  std::string out;

 private:
  void line(const std::string& key, const std::string& text, const About&) override {
    out.append(indent(), ' ').append(key, prefix().size()).append(": ").append(text).append("\n");
  }
  void enter(const std::string& name, const std::string& help) override {
    out.append(indent(), ' ').append(name).append(":");
    TextVisitor::enter(name, help);
    starts_.push_back(out.size());
    out += "\n";
  }
  void leave() override {
    TextVisitor::leave();
    const bool empty = starts_.back() + 1 == out.size();
    if (empty) out.insert(starts_.back(), " {}");
    starts_.pop_back();
  }
  std::size_t indent() const { return 2 * starts_.size(); }

  std::vector<std::size_t> starts_;  // end of the first line of each open block
};

class Lister : public TextVisitor {
 public:
  Lister() : TextVisitor(Paths::kAbsolute) {}

  std::vector<Difference> out;

 private:
  void line(const std::string& key, const std::string& text, const About& about) override { out.push_back({key, text, "", about.harmless}); }
};

class SettingLister : public TextVisitor {
 public:
  SettingLister() : TextVisitor(Paths::kAsGiven) {}

  std::vector<std::string> out;

 private:
  void line(const std::string& key, const std::string& text, const About& about) override {
    const bool is_list = text.starts_with('[') || text.starts_with('{');  // the choices are for its elements, not for the whole value
    std::vector<std::string> choices = is_list ? std::vector<std::string>() : about.choices;
    if (text == "true" || text == "false") choices = {"true", "false"};
    const std::string start = key + "=";
    for (const std::string& choice : choices) out.push_back(start + choice);
    if (choices.empty()) out.push_back(start);
  }
};

template <class Lines>
auto shown_to(const Fields& fields) {
  Lines lines;
  fields(lines);
  return std::move(lines.out);
}

}  // namespace

std::string yaml_of(const Fields& fields) { return shown_to<Printer>(fields); }
std::vector<Difference> listed(const Fields& fields) { return shown_to<Lister>(fields); }
std::vector<std::string> setting_words_of(const Fields& fields) { return shown_to<SettingLister>(fields); }

std::vector<Difference> differences_of(const Fields& before, const Fields& after) {
  const std::vector<Difference> old = listed(before), now = listed(after);
  std::vector<Difference> differing;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (old[i].before != now[i].before) differing.push_back({now[i].key, old[i].before, now[i].before, now[i].harmless});
  }
  return differing;
}

}  // namespace seg::config
