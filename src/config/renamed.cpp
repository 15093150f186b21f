#include "config/renamed.hpp"

#include <algorithm>
#include <utility>

namespace seg::config {
namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Node* child_of(Node& node, const std::string& key) {
  const auto found = std::find_if(node.children.begin(), node.children.end(), [&](const Node& child) { return child.key == key; });
  return node.kind != Node::Kind::kMap || found == node.children.end() ? nullptr : &*found;
}

/// The map that holds, or would hold, the last part of a path. Null where the tree has none.
Node* parent_of(Node& root, const std::vector<std::string>& path) {
  Node* node = &root;
  for (std::size_t i = 0; node != nullptr && i + 1 < path.size(); ++i) node = child_of(*node, path[i]);
  return node;
}

/// The same, with maps made on the way as of `place`. Null where something else than a map stands there: reading it tells.
Node* make_parent(Node& root, const std::vector<std::string>& path, const Node& place) {
  Node* node = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Node* next = child_of(*node, path[i]);
    if (next == nullptr) {
      Node made;
      made.key = path[i];
      made.position = place.position;
      made.key_position = place.key_position;
      made.from_path = node->from_path;
      node->children.push_back(std::move(made));
      next = &node->children.back();
    }
    if (next->kind == Node::Kind::kNull) next->kind = Node::Kind::kMap;
    if (next->kind != Node::Kind::kMap) return nullptr;
    node = next;
  }
  return node;
}

/// With the maps around it that hold nothing else.
void erase(Node& root, std::vector<std::string> path) {
  for (; !path.empty(); path.pop_back()) {
    Node* holder = parent_of(root, path);
    std::erase_if(holder->children, [&](const Node& child) { return child.key == path.back(); });
    if (!holder->children.empty()) return;
  }
}

bool rename_key(Node& root, const Renamed& names) {
  const std::vector<std::string> from = parts_of(names.from), to = parts_of(names.to);
  Node* holder = parent_of(root, from);
  const Node* old = holder == nullptr ? nullptr : child_of(*holder, from.back());
  if (old == nullptr) return false;
  Node moved = *old;
  Node* parent = make_parent(root, to, moved);
  if (parent == nullptr) return false;
  if (const Node* other = child_of(*parent, to.back())) {
    fail(moved.key_position, names.from + " and " + names.to + " are both given, but they are one thing",
         names.to + " is the name now, given at " + to_string(other->key_position) + ": remove " + names.from);
  }
  moved.key = to.back();
  parent->children.push_back(std::move(moved));
  erase(root, from);
  return true;
}

}  // namespace

std::vector<std::string> rename_keys(Node& root, const std::vector<Renamed>& renamed) {
  std::vector<std::string> notes;
  for (const Renamed& names : renamed)
    if (rename_key(root, names)) notes.push_back(names.from + " is now " + names.to + "; read as such");
  return notes;
}

}  // namespace seg::config
