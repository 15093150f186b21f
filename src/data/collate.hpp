// Makes batches of samples.
#pragma once

#include <vector>

#include "core/types.hpp"
#include "data/sample.hpp"

namespace seg {

/// Stacks samples of one size, with the changes that are not applied yet. Throws kData with the names of two samples if sizes differ.
Batch collate(const std::vector<Sample>& samples);

}  // namespace seg
