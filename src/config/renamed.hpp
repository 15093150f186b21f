// Keys that have a new name: the old one is still read.
#pragma once

#include <string>
#include <vector>

#include "config/node.hpp"

namespace seg::config {

struct Renamed {
  std::string from;  // "augment.normalize"
  std::string to;    // "model.input"
};

/// Moves what one text gives under an old name to the new one. Returns a line for the log for each that was moved. Throws kConfiguration
/// where the text gives both names.
std::vector<std::string> rename_keys(Node& root, const std::vector<Renamed>& renamed);

}  // namespace seg::config
