// Functions on named tensors: prefixes of names (the parts of a checkpoint share one list), comparison, digests.
#pragma once

#include <string>

#include "core/types.hpp"

namespace seg {

/// The same tensors, named with `prefix` in front.
State with_prefix(const State& state, const std::string& prefix);

/// The tensors whose names begin with `prefix`, under the rest of their names.
State without_prefix(const State& state, const std::string& prefix);

/// Throws kStorage, with a message that begins with `what`, unless `given`, read from a checkpoint, has exactly the names, shapes and types of `own`.
void check_fit(const std::string& what, const State& own, const State& given);

/// The digest of all names and values together: equal digests mean bit-identical tensors.
std::string digest_of(const State& state);
/// A line "NAME DIGEST" for each tensor, to find the one that differs.
std::string digest_lines(const State& state);

}  // namespace seg
