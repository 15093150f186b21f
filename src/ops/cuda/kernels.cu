// Launches and reductions; score_grid.hpp has the computation of one thread.
#include "ops/cuda/kernels.hpp"
#include "ops/cuda/launch.cuh"

namespace seg::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kWarps = kThreads / kWarp;
constexpr int kGroup = 4;                // classes per thread in backward and in the sums of regions
constexpr std::int64_t kDropRun = 4096;  // elements per block in dropout; a divisor of kDropBlock, so that they share a key
static_assert(kDropBlock % kDropRun == 0);
constexpr unsigned kAll = 0xFFFFFFFFu;

SEG_INLINE std::int32_t class_groups(std::int32_t classes) { return (classes + kGroup - 1) / kGroup; }

__global__ void fill_axis_kernel(AxisTables axis, bool align_corners) {
  const auto i = static_cast<std::int32_t>(own_index());
  if (i < axis.out || i <= axis.in) fill_axis_entry(axis, align_corners, i);
}

/// The sum over the warp's lanes, always in the same order.
template <class Number>
__device__ Number sum_over_warp(Number value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kAll, value, distance);
  return value;
}

/// The sums of a block: one row of entropies per warp, since floating-point sums must keep their order; counts in one row.
struct BlockSums {
  double* cross_entropy;  // [kWarps][classes]
  unsigned* pixels;       // [classes] each
  unsigned* missed;
  unsigned* predicted;
};

/// Adds the pixels of a warp, class by class, because neighbouring pixels have few classes. All lanes must call it.
__device__ void add_warp(const BlockSums& sums, std::int32_t classes, bool counted, std::int32_t label, const PixelSoftmax& softmax) {
  const int lane = threadIdx.x % kWarp;
  double* own_entropy = sums.cross_entropy + static_cast<std::int64_t>(threadIdx.x / kWarp) * classes;
  for (unsigned pending = __ballot_sync(kAll, counted); pending != 0;) {
    const std::int32_t c = __shfl_sync(kAll, label, __ffs(static_cast<int>(pending)) - 1);
    const bool mine = counted && label == c;
    const unsigned members = __ballot_sync(kAll, mine), missed = __ballot_sync(kAll, mine && softmax.found != c);
    const float entropy = sum_over_warp(mine ? softmax.entropy : 0.0f);
    if (lane == 0) {
      own_entropy[c] += entropy;
      atomicAdd(sums.pixels + c, static_cast<unsigned>(__popc(members)));
      atomicAdd(sums.missed + c, static_cast<unsigned>(__popc(missed)));
    }
    pending &= ~members;
  }
  for (unsigned pending = __ballot_sync(kAll, counted && softmax.found < classes); pending != 0;) {
    const std::int32_t c = __shfl_sync(kAll, softmax.found, __ffs(static_cast<int>(pending)) - 1);
    const unsigned members = __ballot_sync(kAll, counted && softmax.found == c);
    if (lane == 0) atomicAdd(sums.predicted + c, static_cast<unsigned>(__popc(members)));
    pending &= ~members;
  }
}

template <class Value>
__global__ void __launch_bounds__(kThreads) forward_kernel(ScoreGrid<Value> grid, const std::uint8_t* labels, float* log_sums, SumTables partial) {
  double* shared = launched_memory();
  const std::int32_t classes = grid.classes;
  auto* counts = reinterpret_cast<unsigned*>(shared + kWarps * classes);
  const BlockSums sums{shared, counts, counts + classes, counts + 2 * classes};
  for (int i = threadIdx.x; i < kWarps * classes; i += kThreads) sums.cross_entropy[i] = 0.0;
  for (int i = threadIdx.x; i < 3 * classes; i += kThreads) counts[i] = 0;
  __syncthreads();
  const std::int64_t pixels = grid.pixels(), step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  bool foreign = false;
  for (std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kThreads; first < pixels; first += step) {
    const std::int64_t pixel = first + threadIdx.x;
    const std::int32_t label = pixel < pixels ? labels[pixel] : 255;
    const bool counted = label < classes;
    foreign |= !counted && label != 255;
    PixelSoftmax softmax{0.0f, 0.0f, classes};
    if (counted) softmax = pixel_softmax(grid, pixel, label);
    if (counted && log_sums != nullptr) log_sums[pixel] = softmax.log_sum;
    add_warp(sums, classes, counted, label, softmax);
  }
  const bool poisoned = __syncthreads_or(foreign) != 0;
  for (int c = threadIdx.x; c < classes; c += kThreads) {
    double entropy = poisoned && c == 0 ? nan("") : 0.0;
    for (int warp = 0; warp < kWarps; ++warp) entropy += sums.cross_entropy[warp * classes + c];
    const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * classes + c;
    partial.cross_entropy[place] = entropy;
    partial.pixels[place] = sums.pixels[c];
    partial.false_negatives[place] = sums.missed[c];
    partial.predicted[place] = sums.predicted[c];
  }
}

/// One group of classes for each blockIdx.y: each thread sums its pixels, and then each warp adds up one of the group's sums.
template <class Value>
__global__ void __launch_bounds__(kThreads)
    region_kernel(ScoreGrid<Value> grid, const std::uint8_t* labels, const float* log_sums, SumTables partial) {
  static_assert(kWarps == 2 * kGroup);
  __shared__ float of_threads[kWarps][kThreads];
  const std::int32_t first_class = static_cast<std::int32_t>(blockIdx.y) * kGroup;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  GroupSums<kGroup> sums;
  for (std::int64_t pixel = own_index(); pixel < grid.pixels(); pixel += step) {
    if (labels[pixel] < grid.classes) add_probabilities(grid, pixel, labels[pixel], log_sums[pixel], first_class, sums);
  }
  for (int g = 0; g < kGroup; ++g) {
    of_threads[g][threadIdx.x] = sums.probability[g];
    of_threads[kGroup + g][threadIdx.x] = sums.true_probability[g];
  }
  __syncthreads();
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  double sum = 0.0;
  for (int i = lane; i < kThreads; i += kWarp) sum += static_cast<double>(of_threads[warp][i]);
  sum = sum_over_warp(sum);
  const std::int32_t k = first_class + warp % kGroup;
  double* into = warp < kGroup ? partial.probability : partial.true_probability;
  if (lane == 0 && k < grid.classes) into[static_cast<std::int64_t>(blockIdx.x) * grid.classes + k] = sum;
}

/// One block per class: each thread sums its rows, then threads are added in pairs.
template <class Number>
__device__ void sum_rows(const Number* partial, std::int32_t rows, std::int32_t classes, Number* into) {
  __shared__ Number own[kThreads];
  Number sum = 0;
  for (int row = threadIdx.x; row < rows; row += kThreads) sum += partial[static_cast<std::int64_t>(row) * classes + blockIdx.x];
  own[threadIdx.x] = sum;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) own[threadIdx.x] += own[threadIdx.x + half];
  }
  if (threadIdx.x == 0) into[blockIdx.x] = own[0];
  __syncthreads();
}

__global__ void __launch_bounds__(kThreads) total_kernel(SumTables partial, std::int32_t rows, SumTables sums) {
  const auto classes = static_cast<std::int32_t>(gridDim.x);
  sum_rows(partial.cross_entropy, rows, classes, sums.cross_entropy);
  sum_rows(partial.pixels, rows, classes, sums.pixels);
  sum_rows(partial.false_negatives, rows, classes, sums.false_negatives);
  sum_rows(partial.predicted, rows, classes, sums.predicted);
  if (sums.probability == nullptr) return;
  sum_rows(partial.probability, rows, classes, sums.probability);
  sum_rows(partial.true_probability, rows, classes, sums.true_probability);
}

template <class Value>
__global__ void __launch_bounds__(kThreads) mixed_kernel(ScoreGrid<Value> grid, PixelGradients pixels) {
  const std::int64_t pixel = own_index();
  if (pixel >= grid.pixels() || pixels.labels[pixel] >= grid.classes) return;
  pixels.mixed[pixel] = mixed_gradient(grid, pixels, pixel, pixels.labels[pixel]);
}

template <bool kRegions, class Value>
__global__ void __launch_bounds__(kThreads) backward_kernel(ScoreGrid<Value> grid, PixelGradients pixels, Value* gradient) {
  const std::int32_t groups = class_groups(grid.classes);
  const std::int64_t index = own_index(), position = index / groups, line = position / grid.columns.in;
  if (line >= static_cast<std::int64_t>(grid.images) * grid.rows.in) return;
  const SourcePlace place{static_cast<std::int32_t>(line / grid.rows.in), static_cast<std::int32_t>(line % grid.rows.in),
                          static_cast<std::int32_t>(position % grid.columns.in), static_cast<std::int32_t>(index % groups) * kGroup};
  float result[kGroup];
  logit_gradients<kGroup, kRegions>(grid, pixels, place, result);
  for (int g = 0; g < kGroup; ++g)
    if (place.first_class + g < grid.classes) store(result[g], gradient[position * grid.classes + place.first_class + g]);
}

template <class Value>
__global__ void __launch_bounds__(kThreads) predict_kernel(ScoreGrid<Value> grid, std::uint8_t* labels) {
  const std::int64_t pixel = own_index();
  if (pixel < grid.pixels()) labels[pixel] = static_cast<std::uint8_t>(best_class(grid, pixel));
}

template <class Value>
__global__ void __launch_bounds__(kThreads) normalize_kernel(const std::uint8_t* from, std::int64_t pixels, ChannelScale channels, Value* into) {
  const std::int64_t pixel = own_index();
  if (pixel >= pixels) return;
  for (int c = 0; c < 3; ++c) store(normalized(from + 3 * pixel, channels, c), into[3 * pixel + c]);
}

template <class Value>
__global__ void __launch_bounds__(kThreads) drop_out_kernel(const Value* from, DropPlaces places, Value* into) {
  const std::int64_t begin = (places.first / kDropRun + blockIdx.x) * kDropRun;
  const std::uint64_t key = drop_key(static_cast<std::uint64_t>(*places.drawn), begin / kDropBlock);
  for (std::int64_t place = begin + threadIdx.x; place < begin + kDropRun; place += kThreads) {
    const std::int64_t i = place - places.first;
    if (i >= 0 && i < places.count) store(places.dropping(load(from[i]), drop_hash(static_cast<std::uint32_t>(place % kDropBlock), key)), into[i]);
  }
}

template <class Value>
__global__ void __launch_bounds__(kThreads) resize_kernel(FeatureGrid grid, const Value* from, Value* into) {
  const std::int64_t index = own_index();
  if (index < grid.outputs()) store(resized_value(grid, from, index), into[index]);
}

template <class Value>
__global__ void __launch_bounds__(kThreads) resize_backward_kernel(FeatureGrid grid, const Value* gradient, Value* into) {
  const std::int64_t index = own_index();
  if (index < grid.inputs()) store(resized_gradient(grid, gradient, index), into[index]);
}

}  // namespace

void fill_axis(const AxisTables& axis, bool align_corners, Stream stream) {
  launch(fill_axis_kernel, blocks_for(axis.out > axis.in ? axis.out : axis.in + 1), 0, stream, axis, align_corners);
}

std::int32_t sum_blocks(std::int64_t pixels) {
  const std::int64_t wanted = (pixels + kThreads - 1) / kThreads;
  return static_cast<std::int32_t>(wanted < 1 ? 1 : (wanted < kMostSumBlocks ? wanted : kMostSumBlocks));
}

template <class Value>
void class_sums_forward(const ScoreGrid<Value>& grid, const std::uint8_t* labels, float* log_sums, const SumTables& partial, const SumTables& sums,
                        Stream stream) {
  const std::size_t classes = static_cast<std::size_t>(grid.classes), shared = classes * (kWarps * sizeof(double) + 3 * sizeof(unsigned));
  const std::int32_t blocks = sum_blocks(grid.pixels());
  launch(forward_kernel<Value>, static_cast<unsigned>(blocks), shared, stream, grid, labels, log_sums, partial);
  if (sums.probability != nullptr) {
    const dim3 with_groups(static_cast<unsigned>(blocks), static_cast<unsigned>(class_groups(grid.classes)));
    launch(region_kernel<Value>, with_groups, 0, stream, grid, labels, log_sums, partial);
  }
  launch(total_kernel, static_cast<unsigned>(grid.classes), 0, stream, partial, blocks, sums);
}

template <class Value>
void class_sums_backward(const ScoreGrid<Value>& grid, const PixelGradients& pixels, Value* gradient, Stream stream) {
  const std::int64_t threads = static_cast<std::int64_t>(class_groups(grid.classes)) * grid.images * grid.rows.in * grid.columns.in;
  if (threads == 0) return;
  if (pixels.probability == nullptr) return launch(backward_kernel<false, Value>, blocks_for(threads), 0, stream, grid, pixels, gradient);
  launch(mixed_kernel<Value>, blocks_for(grid.pixels()), 0, stream, grid, pixels);
  launch(backward_kernel<true, Value>, blocks_for(threads), 0, stream, grid, pixels, gradient);
}

template <class Value>
void predict_labels(const ScoreGrid<Value>& grid, std::uint8_t* labels, Stream stream) {
  if (grid.pixels() > 0) launch(predict_kernel<Value>, blocks_for(grid.pixels()), 0, stream, grid, labels);
}

template <class Value>
void normalize(const std::uint8_t* from, std::int64_t pixels, const ChannelScale& channels, Value* into, Stream stream) {
  if (pixels > 0) launch(normalize_kernel<Value>, blocks_for(pixels), 0, stream, from, pixels, channels, into);
}

template <class Value>
void drop_out(const Value* from, const DropPlaces& places, Value* into, Stream stream) {
  const std::int64_t blocks = (places.first + places.count + kDropRun - 1) / kDropRun - places.first / kDropRun;
  if (places.count > 0) launch(drop_out_kernel<Value>, static_cast<unsigned>(blocks), 0, stream, from, places, into);
}

template <class Value>
void resize(const FeatureGrid& grid, const Value* from, Value* into, Stream stream) {
  if (grid.outputs() > 0) launch(resize_kernel<Value>, blocks_for(grid.outputs()), 0, stream, grid, from, into);
}

template <class Value>
void resize_backward(const FeatureGrid& grid, const Value* gradient, Value* into, Stream stream) {
  if (grid.inputs() > 0) launch(resize_backward_kernel<Value>, blocks_for(grid.inputs()), 0, stream, grid, gradient, into);
}

#define SEG_FOR_VALUE(Value)                                                                                                          \
  template void class_sums_forward(const ScoreGrid<Value>&, const std::uint8_t*, float*, const SumTables&, const SumTables&, Stream); \
  template void class_sums_backward(const ScoreGrid<Value>&, const PixelGradients&, Value*, Stream);                                  \
  template void predict_labels(const ScoreGrid<Value>&, std::uint8_t*, Stream);                                                       \
  template void normalize(const std::uint8_t*, std::int64_t, const ChannelScale&, Value*, Stream);                                    \
  template void drop_out(const Value*, const DropPlaces&, Value*, Stream);                                                            \
  template void resize(const FeatureGrid&, const Value*, Value*, Stream);                                                             \
  template void resize_backward(const FeatureGrid&, const Value*, Value*, Stream);
SEG_FOR_VALUE(float)
SEG_FOR_VALUE(std::uint16_t)
#undef SEG_FOR_VALUE

}  // namespace seg::cuda
