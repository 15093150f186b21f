// The tree of one YAML text, or of several merged texts. Each node knows the position from which it came.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace seg::config {

/// A position in a text. Without a line, the source is the whole position: "--set train.lr=0.1".
struct Position {
  std::shared_ptr<const std::string> source;
  int line = 0;    // from 1; 0: none
  int column = 0;  // from 1, in bytes
};

/// "file:line:column", or only the source.
std::string to_string(const Position& position);

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Position position;
  std::string text;            // of a scalar, with ${VAR} as written
  bool plain = true;           // a scalar without quotes
  std::vector<Node> children;  // of a list or map, in the order written

  std::string key;         // in a map
  Position key_position;   // in a map
  bool inherited = false;  // in a map: comes from a base of the text that set the map last
  bool from_path = false;  // a map made of the key of "--set a.b=value", not written as a map
  int layer = 0;           // of the text it comes from: later layers have larger numbers

  const Node* find(const std::string& name) const;
};

/// "a list", for messages.
std::string kind_name(const Node& node);

/// Sets the layer of the whole tree.
void set_layer(Node& node, int layer);

/// Merges `over` into `target`: maps key by key, everything else is replaced. An empty value over a map is an empty map.
/// Entries of a map that only `target` has are marked inherited, so that a reader can treat the map as one value (class weights).
void merge(Node& target, Node over);

/// Throws kConfiguration "place: what".
[[noreturn]] void fail(const Position& position, const std::string& what, const std::string& hint);

}  // namespace seg::config
