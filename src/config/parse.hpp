// Parses one YAML text to one tree. Refuses the parts of YAML that a configuration does not need.
#pragma once

#include <cstdint>
#include <string>

#include "config/node.hpp"

namespace seg::config {

inline constexpr std::size_t kMaxBytes = 1 << 20;
inline constexpr std::size_t kMaxDepth = 20;

/// Throws the error for a text of `bytes` bytes, more than kMaxBytes.
[[noreturn]] void too_large(const Position& position, std::uintmax_t bytes);

/// The first position in a text with the name of its source. The name is not shortened, but put on one line.
Position start_of(std::string source);

/// `start` is the position where the text begins; without a line it is the position of everything in it. An empty text gives a null node. Throws
/// kConfiguration at the position: over 1 MB, not UTF-8, control characters, bad YAML, duplicate key, key that is not text, anchor, alias, tag, more
/// than one document, nesting over 20 levels. All of this is checked on the parser's events, so that nothing is built from a malicious text.
Node parse_yaml(std::string text, const Position& start);

}  // namespace seg::config
