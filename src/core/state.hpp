// Named tensors under a prefix: how the parts of a checkpoint share one list.
#pragma once

#include <string>

#include "core/types.hpp"

namespace seg {

/// The same tensors, named with `prefix` in front.
State with_prefix(const State& state, const std::string& prefix);

/// The tensors whose names begin with `prefix`, under the rest of their names.
State without_prefix(const State& state, const std::string& prefix);

}  // namespace seg
