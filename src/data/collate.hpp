// Samples as batches.
#pragma once

#include <vector>

#include "core/types.hpp"
#include "data/sample.hpp"

namespace seg {

/// Stacks samples of one size; changes that are still to be made go with them. Throws kData naming two samples where sizes differ.
Batch collate(const std::vector<Sample>& samples);

}  // namespace seg
