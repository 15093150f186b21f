// Assigns the values of a tree to the fields of an options struct.
#pragma once

#include "config/fields.hpp"
#include "config/node.hpp"

namespace seg::config {

/// `root` is a map or null. Throws kConfiguration for a value that its field does not accept, and for the first unknown key.
void read_fields(const Node& root, const Fields& fields);

}  // namespace seg::config
