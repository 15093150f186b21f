// Converts one node of the tree to the value of one field, and checks it against the field's declaration.
#pragma once

#include <string>

#include "config/fields.hpp"
#include "config/node.hpp"

namespace seg::config {

struct Field {
  std::string key;  // full key: "train.batch_size"
  const About& about;
};

/// Throws kConfiguration at the node: another kind of value, text that is not such a value, out of range, not a choice.
/// true, 01 and 5 are also valid text, exactly as written. A size is [384, 768] or 384x768. Entries of a map that are inherited from a base are
/// dropped: the map is one value.
void convert(const Node& node, const Field& field, const FieldValue& value);

/// Expands environment variables in the scalar's text: ${VAR}, ${VAR:-default} (the default is used if VAR is unset or empty; it may be empty) and
/// ${VAR:?advice} (if VAR is unset or empty, an error with the advice in its hint). "$$" becomes a dollar sign; any other dollar sign stays. Inserted
/// text is not expanded again. Throws kConfiguration at the scalar, naming `key`: VAR unset without a default, not UTF-8, not a name; no closing
/// brace; a dollar sign in a default.
std::string expand(const Node& scalar, const std::string& key);

}  // namespace seg::config
