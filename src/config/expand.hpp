// ${VAR} in the text of a value.
#pragma once

#include <string>

#include "config/node.hpp"

namespace seg::config {

/// The scalar's text with ${VAR} and ${VAR:-default} (used where VAR is unset or empty; may be empty) and
/// ${VAR:?advice} (an error with that advice in its hint where VAR is unset or empty) replaced from the environment and "$$" by a dollar; any other
/// dollar stays. What is put in is not expanded again. Throws kConfiguration at the scalar, naming `key`: VAR unset without a default, not UTF-8, not
/// a name; no closing brace; a dollar in a default.
std::string expand(const Node& scalar, const std::string& key);

}  // namespace seg::config
