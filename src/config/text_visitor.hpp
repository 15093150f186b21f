// A visitor that sees every field as its YAML text: what printing, listing and help have in common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg::config {

class TextVisitor : public Visitor {
 public:
  enum class Paths { kAsGiven, kAbsolute };
  /// kAbsolute also refuses (kInternal) numbers that are not finite, since such a text is to be read back.
  explicit TextVisitor(Paths paths) : paths_(paths) {}

  void field(const std::string& name, bool& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::int64_t& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, double& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::string& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, Size& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::vector<std::int64_t>& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::vector<double>& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::vector<std::string>& value, const About& about) override { show(name, value, about); }
  void field(const std::string& name, std::map<std::string, double>& value, const About& about) override { show(name, value, about); }

 protected:
  virtual void line(const std::string& name, const std::string& text, const About& about) = 0;
  void enter(const std::string& name, const std::string&) override { blocks_.push_back(name); }
  void leave() override { blocks_.pop_back(); }

  /// "train.ema."; "" at the top.
  std::string prefix() const;

 private:
  template <class Value>
  void show(const std::string& name, const Value& value, const About& about);

  Paths paths_;
  std::vector<std::string> blocks_;
};

}  // namespace seg::config
