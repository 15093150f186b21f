// Assigns what a tree gives to the fields of an options struct and remembers which keys exist.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "config/node.hpp"

namespace seg::config {

class Reader : public Visitor {
 public:
  /// `root` is a map or null and outlives the reader.
  explicit Reader(const Node& root);

  void field(const std::string& name, bool& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::int64_t& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, double& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::string& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, Size& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::vector<std::int64_t>& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::vector<double>& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::vector<std::string>& value, const About& about) override { read(name, value, about); }
  void field(const std::string& name, std::map<std::string, double>& value, const About& about) override { read(name, value, about); }

  /// Throws for the first key that no field has. Called once, after the last field.
  void finish();

 protected:
  void enter(const std::string& name, const std::string& help) override;
  void leave() override;

 private:
  struct Block {
    std::string prefix;  // "train."; "" at the top
    const Node* node;    // nullptr where the tree gives nothing
    std::vector<std::string> names;
  };
  struct Unknown {
    const Node* node;
    std::string prefix;
    std::vector<std::string> siblings;  // the names that exist there
  };

  template <class Value>
  void read(const std::string& name, Value& value, const About& about);
  const Node* child(const std::string& name);
  /// Whether a later layer sets the field that stands instead of this one; `unset` is the value that sets nothing, as text.
  bool is_replaced(const Node& node, const std::string& alternative, const std::string& unset) const;
  void collect_unknown(const Block& block);
  std::string hint_for(const Unknown& unknown) const;

  std::vector<Block> blocks_;
  std::vector<std::string> paths_;  // all fields and blocks, in full
  std::vector<Unknown> unknown_;
};

}  // namespace seg::config
