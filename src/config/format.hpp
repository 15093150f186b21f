// Values as YAML text that parse_yaml and convert take back to the same value, and a visitor that sees every field as such text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/size.hpp"
#include "config/fields.hpp"

namespace seg::config {

std::string format(bool value);
std::string format(std::int64_t value);
/// The shortest digits that give the same number back; "inf" and "nan", which no field takes, for messages and help.
std::string format(double value);
/// Quoted where YAML would read something else; a dollar doubled, since "${" means a variable. Throws kConfiguration for
/// text that is not UTF-8, which YAML cannot hold.
std::string format(const std::string& value);
std::string format(const Size& value);
std::string format(const std::vector<std::int64_t>& value);
std::string format(const std::vector<double>& value);
std::string format(const std::vector<std::string>& value);
std::string format(const std::map<std::string, double>& value);

/// What printing, listing and help have in common.
class TextVisitor : public Visitor {
 public:
  enum class Paths { kAsGiven, kAbsolute };
  /// kAbsolute also refuses (kInternal) numbers that are not finite, since such a text is to be read back.
  explicit TextVisitor(Paths paths) : paths_(paths) {}

 protected:
  /// `key` in full: "train.ema.decay".
  virtual void line(const std::string& key, const std::string& text, const About& about) = 0;
  void enter(const std::string& name, const std::string&) override { blocks_.push_back(name); }
  void leave() override { blocks_.pop_back(); }

  /// "train.ema."; "" at the top.
  std::string prefix() const;

 private:
  void visit(const std::string& name, const FieldValue& value, const About& about) override;

  Paths paths_;
  std::vector<std::string> blocks_;
};

}  // namespace seg::config
