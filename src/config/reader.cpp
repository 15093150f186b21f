#include "config/reader.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "config/convert.hpp"
#include "config/expand.hpp"
#include "config/format.hpp"
#include "config/text.hpp"

namespace seg::config {

Reader::Reader(const Node& root) { blocks_.push_back({"", &root, {}}); }

template <class Value>
void Reader::read(const std::string& name, Value& value, const About& about) {
  const Node* node = child(name);
  if (node == nullptr || is_replaced(*node, about.instead_of, format(value))) return;
  Value given{};
  convert(*node, Field{blocks_.back().prefix + name, about}, given);
  value = std::move(given);
}

const Node* Reader::child(const std::string& name) {
  Block& block = blocks_.back();
  block.names.push_back(name);
  paths_.push_back(block.prefix + name);
  return block.node == nullptr ? nullptr : block.node->find(name);
}

bool Reader::is_replaced(const Node& node, const std::string& alternative, const std::string& unset) const {
  if (alternative.empty()) return false;
  const Block& block = blocks_.back();
  const Node* other = block.node->find(alternative);
  if (other == nullptr || other->layer <= node.layer) return false;
  return other->kind != Node::Kind::kScalar || expand(*other, block.prefix + alternative) != unset;
}

void Reader::enter(const std::string& name, const std::string& help) {
  const Node* node = child(name);
  const std::string path = blocks_.back().prefix + name;
  if (node != nullptr && node->kind != Node::Kind::kMap && node->kind != Node::Kind::kNull) {
    fail(node->position, path + ": expected a block of keys, found " + kind_name(*node),
         path + " is a block (" + help + "): put its keys below it, indented, or set one with --set " + path + ".KEY=VALUE");
  }
  blocks_.push_back({path + ".", node, {}});
}

void Reader::leave() {
  collect_unknown(blocks_.back());
  blocks_.pop_back();
}

void Reader::collect_unknown(const Block& block) {
  if (block.node == nullptr) return;
  for (const Node& given : block.node->children) {
    const bool known = std::find(block.names.begin(), block.names.end(), given.key) != block.names.end();
    if (known) continue;
    unknown_.push_back({&given, block.prefix, block.names});
    return;  // the first of a block is enough to report
  }
}

void Reader::finish() {
  leave();
  if (unknown_.empty()) return;
  const Unknown& first = unknown_.front();
  fail(first.node->key_position, "unknown key " + in_quotes(first.prefix + first.node->key), hint_for(first));
}

std::string Reader::hint_for(const Unknown& unknown) const {
  const std::string& key = unknown.node->key;
  std::vector<std::string> suggestions;
  const std::string sibling = nearest(key, unknown.siblings);
  if (!sibling.empty()) suggestions.push_back(unknown.prefix + sibling);
  std::vector<std::string> names;  // last parts of all paths
  for (const std::string& path : paths_) {
    names.push_back(path.substr(path.rfind('.') + 1));
    // The same name in another block, or the whole path written as one key.
    if (names.back() == key || path == key) suggestions.push_back(path);
  }
  if (suggestions.empty()) {
    const std::string name = nearest(key, names);
    for (std::size_t i = 0; i < names.size() && !name.empty(); ++i) {
      if (names[i] == name) suggestions.push_back(paths_[i]);
    }
  }
  if (!suggestions.empty()) return "did you mean " + joined(suggestions, " or ") + "?";
  const std::string place = unknown.prefix.empty() ? "at the top are " : "in " + unknown.prefix.substr(0, unknown.prefix.size() - 1) + " are ";
  return unknown.siblings.empty() ? "there are no keys here" : "the keys " + place + joined(unknown.siblings);
}

}  // namespace seg::config
