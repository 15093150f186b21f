// Finds the name that the user probably meant, for "did you mean" hints.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg {

/// The candidate nearest to `wanted`: by edit distance (insert, delete, replace, swap neighbours; differences in case and between '-' and '_' are
/// free) up to a third of its length, or one that begins with `wanted`. "" if nothing is near; the first one on a tie.
std::string nearest(const std::string& wanted, const std::vector<std::string>& candidates);

/// The name of the .yaml file in `folder` nearest to `name`; "" if nothing is near or the folder cannot be read.
std::string nearest_file(const std::filesystem::path& folder, const std::string& name);

}  // namespace seg
