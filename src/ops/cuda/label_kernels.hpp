// Launches of the kernels that count labels; see kernels.hpp.
#pragma once

#include "ops/cuda/kernels.hpp"
#include "ops/cuda/label_grid.hpp"

namespace seg::cuda {

using Count = unsigned long long;  // a type that a GPU adds atomically; as wide as int64

/// Adds to pairs: [pair_cells].
void count_pairs(const LabelGrid& grid, Count* pairs, Stream stream);

/// Adds to counts: [boundary_cells]. ranges: [pixels], scratch.
void count_boundary(const LabelGrid& grid, std::int32_t d, LabelRange* ranges, Count* counts, Stream stream);

}  // namespace seg::cuda
