#include "config/node.hpp"

#include <map>
#include <utility>

namespace seg::config {

std::string to_string(const Position& position) {
  std::string source = position.source ? *position.source : std::string{};
  if (position.line == 0) return source;
  return source + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

const Node* Node::find(const std::string& name) const {
  if (kind != Kind::kMap) return nullptr;
  for (const Node& child : children) {
    if (child.key == name) return &child;
  }
  return nullptr;
}

std::string kind_name(const Node& node) {
  constexpr const char* kNames[] = {"nothing", "a single value", "a list", "a block of keys"};
  return kNames[static_cast<std::size_t>(node.kind)];
}

void set_layer(Node& node, int layer) {
  node.layer = layer;
  for (Node& child : node.children) set_layer(child, layer);
}

void merge(Node& target, Node over) {
  const bool onto_map = target.kind == Node::Kind::kMap;
  if (!onto_map || (over.kind != Node::Kind::kMap && over.kind != Node::Kind::kNull)) {
    target = std::move(over);
    return;
  }
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < target.children.size(); ++i) {
    if (!over.from_path) target.children[i].inherited = true;
    places.emplace(target.children[i].key, i);
  }
  for (Node& child : over.children) {
    const auto found = places.find(child.key);
    if (found == places.end()) {
      target.children.push_back(std::move(child));
    } else {
      Node& old = target.children[found->second];
      merge(old, std::move(child));
      old.inherited = false;
    }
  }
  target.position = over.position;
  target.key_position = over.key_position;
}

void fail(const Position& position, const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::kConfiguration, to_string(position) + ": " + what, hint);
}

}  // namespace seg::config
