// Named tensors: under a prefix, as the parts of a checkpoint share one list; held against others; digested.
#pragma once

#include <string>

#include "core/types.hpp"

namespace seg {

/// The same tensors, named with `prefix` in front.
State with_prefix(const State& state, const std::string& prefix);

/// The tensors whose names begin with `prefix`, under the rest of their names.
State without_prefix(const State& state, const std::string& prefix);

/// Throws kStorage, opening with `what`, unless `given`, read from a checkpoint, has exactly the names of `own`, each with its shape and type.
void check_fit(const std::string& what, const State& own, const State& given);

/// Of all names and values together: equal digests, equal bits.
std::string digest_of(const State& state);
/// A line "NAME DIGEST" for each tensor, to say which one differs.
std::string digest_lines(const State& state);

}  // namespace seg
