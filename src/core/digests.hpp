// Digests of named tensors: equal digests, equal bits.
#pragma once

#include <string>

#include "core/types.hpp"

namespace seg {

/// Of all names and values together.
std::string digest_of(const State& state);
/// A line "NAME DIGEST" for each tensor, to say which one differs.
std::string digest_lines(const State& state);

}  // namespace seg
