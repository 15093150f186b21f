// One YAML text -> one tree, with the parts of YAML refused that a configuration does not need.
#pragma once

#include <cstdint>
#include <string>

#include "config/node.hpp"

namespace seg::config {

inline constexpr std::size_t kMaxBytes = 1 << 20;
inline constexpr std::size_t kMaxDepth = 20;

/// The error for a text of so many bytes, over kMaxBytes.
[[noreturn]] void too_large(const Position& position, std::uintmax_t bytes);

/// The first place of a text by the name of its source, which stays complete however long it is, but on one line.
Position start_of(std::string source);

/// `start` is where the text begins; without a line every place in it is that one. An empty text is a null node. Throws kConfiguration at the place:
/// over 1 MB, not UTF-8, control characters, bad YAML, duplicate key, key that is no text, anchor, alias, tag, more than one document, nesting over
/// 20 levels. All of that is seen on the parser's events, so that nothing is built from a malicious text.
Node parse_yaml(std::string text, const Position& start);

}  // namespace seg::config
