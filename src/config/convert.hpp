// One node of the tree -> the value of one field, checked against what the field says about itself.
#pragma once

#include <string>

#include "config/fields.hpp"
#include "config/node.hpp"

namespace seg::config {

struct Field {
  std::string key;  // in full: "train.batch_size"
  const About& about;
};

/// Throws kConfiguration at the node: another kind of value, text that is no such value, out of range, not a choice.
/// true, 01 and 5 are text too, as they are written. A size is [384, 768] or 384x768. Of a map, entries inherited from a base are left
/// out: the map is one value.
void convert(const Node& node, const Field& field, const FieldValue& value);

/// The scalar's text with ${VAR} and ${VAR:-default} (used where VAR is unset or empty; may be empty) and
/// ${VAR:?advice} (an error with that advice in its hint where VAR is unset or empty) replaced from the environment and "$$" by a dollar; any other
/// dollar stays. What is put in is not expanded again. Throws kConfiguration at the scalar, naming `key`: VAR unset without a default, not UTF-8, not
/// a name; no closing brace; a dollar in a default.
std::string expand(const Node& scalar, const std::string& key);

}  // namespace seg::config
