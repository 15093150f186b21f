// A made-up image that scores are counted from.
#pragma once

#include <cstdint>
#include <string>

#include "scores/scores.hpp"

namespace seg::test {

/// Class 0 has 10 truth pixels, class 1 too; of class 0 `right` are found, of class 1 all.
inline ImageCounts image(const std::string& id, std::int64_t right) { return {id, {{10, right, right}, {10, 20 - right, 10}}}; }

}  // namespace seg::test
