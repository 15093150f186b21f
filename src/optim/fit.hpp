// Whether named tensors read from a checkpoint are those an object holds.
#pragma once

#include <string>

#include "core/types.hpp"

namespace seg {

/// Throws kStorage, opening with `what`, unless `given` has exactly the names of `own`, each with its shape and type.
void check_fit(const std::string& what, const State& own, const State& given);

}  // namespace seg
