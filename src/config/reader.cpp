#include "config/reader.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "config/convert.hpp"
#include "config/format.hpp"
#include "config/text.hpp"

namespace seg::config {

namespace {

// Reads the fields and records which keys exist.
class Reader : public Visitor {
 public:
  explicit Reader(const Node& root) { blocks_.push_back({"", &root, {}}); }

  // Throws for the first unknown key. Called once, after the last field.
  void finish() {
    leave();
    if (unknown_ != nullptr)
      fail(unknown_->key_position, "unknown key " + in_quotes(around_.prefix + unknown_->key), hint_for(unknown_->key, around_));
  }

 private:
  struct Block {
    std::string prefix;              // "train."; "" at the top level
    const Node* node;                // nullptr if the tree does not set the block
    std::vector<std::string> names;  // of the keys in this block
  };

  void visit(const std::string& name, const FieldValue& value, const About& about) override {
    const Node* node = child(name);
    if (node == nullptr || is_replaced(*node, value, about.instead_of)) return;
    convert(*node, Field{blocks_.back().prefix + name, about}, value);
  }

  void enter(const std::string& name, const std::string& help) override {
    const Node* node = child(name);
    const std::string path = blocks_.back().prefix + name;
    if (node != nullptr && node->kind != Node::Kind::kMap && node->kind != Node::Kind::kNull) {
      fail(node->position, path + ": expected a block of keys, found " + kind_name(*node),
           path + " is a block (" + help + "): put its keys below it, indented, or set one with --set " + path + ".KEY=VALUE");
    }
    blocks_.push_back({path + ".", node, {}});
  }

  void leave() override {
    Block block = std::move(blocks_.back());
    blocks_.pop_back();
    if (unknown_ != nullptr || block.node == nullptr) return;
    const auto is_unknown = [&](const Node& given) { return std::ranges::find(block.names, given.key) == block.names.end(); };
    const auto found = std::ranges::find_if(block.node->children, is_unknown);
    if (found == block.node->children.end()) return;
    unknown_ = &*found;
    around_ = std::move(block);
  }

  const Node* child(const std::string& name) {
    Block& block = blocks_.back();
    block.names.push_back(name);
    paths_.push_back(block.prefix + name);
    return block.node == nullptr ? nullptr : block.node->find(name);
  }

  // Whether a later layer sets the alternative field instead of this one. Called before `value` is read, when it still has the neutral default.
  bool is_replaced(const Node& node, const FieldValue& value, const std::string& alternative) const {
    if (alternative.empty()) return false;
    const Block& block = blocks_.back();
    const Node* other = block.node->find(alternative);
    if (other == nullptr || other->layer <= node.layer) return false;
    const std::string unset = std::visit([](const auto* field) { return format(*field); }, value);
    return other->kind != Node::Kind::kScalar || expand(*other, block.prefix + alternative) != unset;
  }

  // The hint for the key `unknown` in `block`.
  std::string hint_for(const std::string& unknown, const Block& block) const {
    std::vector<std::string> suggestions;
    const std::string sibling = nearest(unknown, block.names);
    if (!sibling.empty()) suggestions.push_back(block.prefix + sibling);
    std::vector<std::string> names;  // last part of each path
    for (const std::string& path : paths_) {
      names.push_back(path.substr(path.rfind('.') + 1));
      // The key exists in another block, or the user wrote the whole path as one key.
      if (names.back() == unknown || path == unknown) suggestions.push_back(path);
    }
    if (suggestions.empty()) {
      const std::string name = nearest(unknown, names);
      for (std::size_t i = 0; i < names.size() && !name.empty(); ++i) {
        if (names[i] == name) suggestions.push_back(paths_[i]);
      }
    }
    if (!suggestions.empty()) return "did you mean " + joined(suggestions, " or ") + "?";
    const std::string place = block.prefix.empty() ? "at the top level are " : "in " + block.prefix.substr(0, block.prefix.size() - 1) + " are ";
    return block.names.empty() ? "there are no keys here" : "the keys " + place + joined(block.names);
  }

  std::vector<Block> blocks_;
  std::vector<std::string> paths_;  // full keys of all fields and blocks
  const Node* unknown_ = nullptr;   // the first unknown key
  Block around_ = {};               // the block of that key
};

}  // namespace

void read_fields(const Node& root, const Fields& fields) {
  Reader reader(root);
  fields(reader);
  reader.finish();
}

}  // namespace seg::config
