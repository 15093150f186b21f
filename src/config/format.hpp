// Formats values as YAML text, from which parse_yaml and convert give the same value again; and a visitor that receives every field as such text.
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
/// The shortest digits that give the same number again; also "inf" and "nan" for messages and help, although no field accepts them.
std::string format(double value);
/// Quoted if YAML would otherwise read something else; a dollar sign is doubled, since "${" starts a variable. Throws kConfiguration for
/// text that is not UTF-8, which YAML cannot contain.
std::string format(const std::string& value);
std::string format(const Size& value);
std::string format(const std::vector<std::int64_t>& value);
std::string format(const std::vector<double>& value);
std::string format(const std::vector<std::string>& value);
std::string format(const std::map<std::string, double>& value);

/// The common base of printing, listing and help.
class TextVisitor : public Visitor {
 public:
  enum class Paths { kAsGiven, kAbsolute };
  /// kAbsolute also refuses (kInternal) numbers that are not finite, since the text must be readable again.
  explicit TextVisitor(Paths paths) : paths_(paths) {}

 protected:
  /// `key` is the full key: "train.ema.decay".
  virtual void line(const std::string& key, const std::string& text, const About& about) = 0;
  void enter(const std::string& name, const std::string&) override { blocks_.push_back(name); }
  void leave() override { blocks_.pop_back(); }

  /// "train.ema."; "" at the top level.
  std::string prefix() const;

 private:
  void visit(const std::string& name, const FieldValue& value, const About& about) override;

  Paths paths_;
  std::vector<std::string> blocks_;
};

}  // namespace seg::config
