// Counting labels: launches and sums; label_grid.hpp has the computation of one thread. Counts are whole numbers, so the order of additions does not
// matter.
#include "ops/cuda/label_kernels.hpp"
#include "ops/cuda/launch.cuh"

namespace seg::cuda {
namespace {

constexpr std::int32_t kMostShared = 12 * 1024;  // counts that a block keeps in 48 KB

/// All threads of the block must call it.
__device__ void clear_counts(unsigned* own, std::int32_t cells) {
  for (std::int32_t i = threadIdx.x; i < cells; i += kThreads) own[i] = 0;
  __syncthreads();
}

__device__ void add_counts(const unsigned* own, std::int32_t cells, Count* counts) {
  __syncthreads();
  for (std::int32_t i = threadIdx.x; i < cells; i += kThreads)
    if (own[i] != 0) atomicAdd(counts + i, static_cast<Count>(own[i]));
}

__global__ void __launch_bounds__(kThreads) pairs_kernel(LabelGrid grid, Count* pairs) {
  auto* own = reinterpret_cast<unsigned*>(launched_memory());
  const std::int32_t cells = pair_cells(grid.classes);
  const bool shared = cells <= kMostShared;
  if (shared) clear_counts(own, cells);
  const std::int64_t pixels = grid.pixels(), step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t pixel = own_index(); pixel < pixels; pixel += step) {
    const std::int32_t cell = pair_cell(grid, pixel);
    if (cell < 0) continue;
    if (shared)
      atomicAdd(own + cell, 1u);
    else
      atomicAdd(pairs + cell, Count{1});
  }
  if (shared) add_counts(own, cells, pairs);
}

__global__ void __launch_bounds__(kThreads) ranges_kernel(LabelGrid grid, std::int32_t d, LabelRange* ranges) {
  const std::int64_t pixel = own_index();
  if (pixel < grid.pixels()) ranges[pixel] = row_range(grid, pixel, d);
}

__global__ void __launch_bounds__(kThreads) boundary_kernel(LabelGrid grid, std::int32_t d, const LabelRange* ranges, Count* counts) {
  auto* own = reinterpret_cast<unsigned*>(launched_memory());
  const std::int32_t classes = grid.classes, cells = boundary_cells(classes);
  clear_counts(own, cells);
  const std::int64_t pixels = grid.pixels(), step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t pixel = own_index(); pixel < pixels; pixel += step) {
    const BoundaryPixel near = boundary_pixel(grid, ranges, pixel, d);
    if (near.truth >= 0) atomicAdd(own + near.truth, 1u);
    if (near.predicted >= 0) atomicAdd(own + classes + near.predicted, 1u);
    if (near.both >= 0) atomicAdd(own + 2 * classes + near.both, 1u);
  }
  add_counts(own, cells, counts);
}

}  // namespace

void count_pairs(const LabelGrid& grid, Count* pairs, Stream stream) {
  const std::int32_t cells = pair_cells(grid.classes);
  const std::size_t shared = cells <= kMostShared ? static_cast<std::size_t>(cells) * sizeof(unsigned) : 0;
  if (grid.pixels() > 0) launch(pairs_kernel, static_cast<unsigned>(sum_blocks(grid.pixels())), shared, stream, grid, pairs);
}

void count_boundary(const LabelGrid& grid, std::int32_t d, LabelRange* ranges, Count* counts, Stream stream) {
  if (grid.pixels() == 0) return;
  launch(ranges_kernel, blocks_for(grid.pixels()), 0, stream, grid, d, ranges);
  const std::size_t shared = static_cast<std::size_t>(boundary_cells(grid.classes)) * sizeof(unsigned);
  launch(boundary_kernel, static_cast<unsigned>(sum_blocks(grid.pixels())), shared, stream, grid, d, static_cast<const LabelRange*>(ranges), counts);
}

}  // namespace seg::cuda
