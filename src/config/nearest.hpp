// The name that was probably meant, for "did you mean" hints.
#pragma once

#include <string>
#include <vector>

namespace seg::config {

/// The candidate nearest to `wanted`: by edit distance (insert, delete, replace, swap neighbours; case and '-' against '_'
/// cost nothing) up to a third of its length, or one that begins with `wanted`. "" if nothing is near; the first one on a tie.
std::string nearest(const std::string& wanted, const std::vector<std::string>& candidates);

}  // namespace seg::config
