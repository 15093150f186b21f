// The tree of one YAML text or of several merged ones, each node with the place it came from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace seg::config {

/// Where something was written. Without a line the source is the place: "--set train.lr=0.1".
struct Position {
  std::shared_ptr<const std::string> source;
  int line = 0;    // from 1; 0: none
  int column = 0;  // from 1, in bytes
};

/// "file:line:column", or the source alone.
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
  bool inherited = false;  // in a map: comes from a base of the text that gave the map last
  bool from_path = false;  // a map made of the key of "--set a.b=value", not written as a map
  int layer = 0;           // of the text it comes from: what lies over another has the larger number

  const Node* find(const std::string& name) const;
};

/// "a list", for messages.
std::string kind_name(const Node& node);

/// Says of the whole tree which layer it comes from.
void set_layer(Node& node, int layer);

/// Puts `over` on top of `target`: maps key by key, everything else replaces. Nothing on top of a map is an empty map.
/// What only `target` gives in a map is marked inherited, so that a reader can take the map as a whole instead (class weights).
void merge(Node& target, Node over);

/// Throws kConfiguration "place: what".
[[noreturn]] void fail(const Position& position, const std::string& what, const std::string& hint);

}  // namespace seg::config
