// The kernels that count labels as they are launched; see kernels.hpp.
#pragma once

#include "ops/cuda/kernels.hpp"
#include "ops/cuda/label_grid.hpp"

namespace seg::cuda {

using Count = unsigned long long;  // what a GPU adds atomically; as wide as int64

/// Adds to pairs: [pair_cells].
void count_pairs(const LabelGrid& grid, Count* pairs, Stream stream);

/// Adds to counts: [boundary_cells]. ranges: [pixels], to work in.
void count_boundary(const LabelGrid& grid, std::int32_t d, LabelRange* ranges, Count* counts, Stream stream);

}  // namespace seg::cuda
