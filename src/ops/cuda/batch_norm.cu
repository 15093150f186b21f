// Sums over pixels: a thread sums the rows of a few neighbouring channels, a block adds the sums of its threads, and a second kernel adds the
// blocks, each in a fixed order, which is the same in every run.
#include "ops/cuda/launch.cuh"
#include "ops/cuda/norm_kernels.hpp"

namespace seg::cuda {
namespace {

constexpr int kLanes = 16;                // adjacent threads in a row
constexpr int kRows = kThreads / kLanes;  // rows that a block reads at once
constexpr int kMostBlocks = 512;
constexpr int kRowsEach = 8;  // minimum number of rows per thread

/// Values that are read with one access.
template <class Value, int kPack>
struct alignas(sizeof(Value) * kPack) Pack {
  Value of[kPack];
};

template <int kPack, class Value>
__device__ Pack<Value, kPack> packed(const Value* values, std::int64_t pack) {
  return reinterpret_cast<const Pack<Value, kPack>*>(values)[pack];
}

int tiles(const NormShape& shape, int pack) { return (shape.channels + kLanes * pack - 1) / (kLanes * pack); }

/// Adds the block's threads of each channel and writes the block's row of partial sums. sums: of the thread, two for each of its channels.
template <int kPack, class Sum>
__device__ void add_threads(const NormShape& shape, const Sum (&sums)[2][kPack], Sum* partial) {
  __shared__ Sum shared[kRows][2][kLanes * kPack];
  const int lane = threadIdx.x % kLanes, row = threadIdx.x / kLanes;
  for (int s = 0; s < 2; ++s)
    for (int i = 0; i < kPack; ++i) shared[row][s][lane * kPack + i] = sums[s][i];
  for (int half = kRows / 2; half > 0; half /= 2) {
    __syncthreads();
    if (row >= half) continue;
    for (int s = 0; s < 2; ++s)
      for (int i = 0; i < kPack; ++i) shared[row][s][lane * kPack + i] += shared[row + half][s][lane * kPack + i];
  }
  const int first = (blockIdx.x * kLanes + lane) * kPack;
  if (row != 0 || first >= shape.channels) return;
  for (int s = 0; s < 2; ++s)
    for (int i = 0; i < kPack; ++i)
      partial[(static_cast<std::int64_t>(blockIdx.y) * 2 + s) * shape.channels + first + i] = shared[0][s][lane * kPack + i];
}

/// Calls add(pack number, first channel) for the thread's rows.
template <int kPack, class Add>
__device__ void each_row(const NormShape& shape, const Add& add) {
  const int first = (blockIdx.x * kLanes + threadIdx.x % kLanes) * kPack, packs = shape.channels / kPack;
  if (first >= shape.channels) return;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.y) * kRows;
  for (std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * kRows + threadIdx.x / kLanes; row < shape.rows; row += step)
    add(row * packs + first / kPack, first);
}

template <class Value, int kPack>
__global__ void __launch_bounds__(kThreads) moments_kernel(NormShape shape, const Value* x, double* partial) {
  ThreadMoments own[kPack] = {};
  int rows = 0;
  each_row<kPack>(shape, [&](std::int64_t pack, int) {
    const auto values = packed<kPack>(x, pack);
    const float share = 1.0f / static_cast<float>(++rows);
    for (int i = 0; i < kPack; ++i) own[i].add(load(values.of[i]), share);
  });
  double sums[2][kPack];
  for (int i = 0; i < kPack; ++i) {
    const ChannelSums of_channel = channel_sums(own[i], rows);
    sums[0][i] = of_channel.sum;
    sums[1][i] = of_channel.square;
  }
  add_threads<kPack>(shape, sums, partial);
}

/// The gradient of z for each value of a pack.
template <int kPack, class Value>
__device__ void behind(const NormParameters& norm, const NormGradientInput<Value>& input, std::int64_t pack, int first, float (&x)[kPack],
                       float (&gradient)[kPack]) {
  const auto values = packed<kPack>(input.x, pack), given = packed<kPack>(input.gradient, pack);
  const auto output = input.output != nullptr ? packed<kPack>(input.output, pack) : values;
  for (int i = 0; i < kPack; ++i) {
    x[i] = load(values.of[i]);
    const float positive = input.output != nullptr ? load(output.of[i]) : norm_score(norm, x[i], first + i);
    gradient[i] = gradient_behind(norm, load(given.of[i]), positive);
  }
}

template <class Value, int kPack>
__global__ void __launch_bounds__(kThreads)
    gradient_moments_kernel(NormShape shape, NormParameters norm, NormGradientInput<Value> input, float* partial) {
  float sums[2][kPack] = {};
  each_row<kPack>(shape, [&](std::int64_t pack, int first) {
    float x[kPack], gradient[kPack];
    behind<kPack>(norm, input, pack, first, x, gradient);
    for (int i = 0; i < kPack; ++i) {
      sums[0][i] += gradient[i];
      sums[1][i] += gradient[i] * (x[i] - norm.mean[first + i]) * norm.inverse_deviation[first + i];
    }
  });
  add_threads<kPack>(shape, sums, partial);
}

/// Sums partial [rows,columns] to [columns]: one warp of columns per block.
template <class Sum>
__global__ void __launch_bounds__(kThreads) total_kernel(const Sum* partial, int rows, int columns, NormTotals totals) {
  __shared__ double shared[kThreads / 32][32];
  const int lane = threadIdx.x % 32, own = threadIdx.x / 32, column = blockIdx.x * 32 + lane;
  double sum = 0.0;
  if (column < columns)
    for (int row = own; row < rows; row += kThreads / 32) sum += partial[static_cast<std::int64_t>(row) * columns + column];
  shared[own][lane] = sum;
  __syncthreads();
  if (own != 0 || column >= columns) return;
  for (int other = 1; other < kThreads / 32; ++other) sum += shared[other][lane];
  totals.sums[column] = sum;
  if (totals.plain != nullptr) totals.plain[column] = static_cast<float>(sum);
  if (totals.scaled != nullptr) totals.scaled[column] = static_cast<float>(sum * totals.factor);
}

__global__ void statistics_kernel(const double* sums, double count, std::int32_t channels, RunningStatistics running, float* mean,
                                  float* inverse_deviation) {
  const auto c = static_cast<std::int32_t>(own_index());
  if (c >= channels) return;
  const ChannelMoments moments = channel_moments({sums[c], sums[channels + c]}, count);
  mean[c] = moments.mean;
  inverse_deviation[c] = rsqrtf(moments.variance + running.eps);
  const auto unbiased = static_cast<float>(moments.variance * (count / (count - 1.0)));
  running.mean[c] += running.momentum * (moments.mean - running.mean[c]);
  running.variance[c] += running.momentum * (unbiased - running.variance[c]);
}

template <class Value, int kPack>
__global__ void __launch_bounds__(kThreads) forward_kernel(NormShape shape, NormParameters norm, const Value* x, const Value* residual, Value* y) {
  const std::int64_t pack = own_index();
  if (pack >= shape.values() / kPack) return;
  const auto first = static_cast<std::int32_t>(pack * kPack % shape.channels);
  const auto values = packed<kPack>(x, pack);
  const auto added = residual != nullptr ? packed<kPack>(residual, pack) : Pack<Value, kPack>{};
  Pack<Value, kPack> result;
  for (int i = 0; i < kPack; ++i) store(normed_value(norm, load(values.of[i]), load(added.of[i]), first + i), result.of[i]);
  reinterpret_cast<Pack<Value, kPack>*>(y)[pack] = result;
}

template <class Value, int kPack>
__global__ void __launch_bounds__(kThreads) backward_kernel(NormShape shape, NormParameters norm, NormMeans means, NormGradientInput<Value> input,
                                                            Value* x_gradient, Value* residual_gradient) {
  const std::int64_t pack = own_index();
  if (pack >= shape.values() / kPack) return;
  const auto first = static_cast<std::int32_t>(pack * kPack % shape.channels);
  float x[kPack], gradient[kPack];
  behind<kPack>(norm, input, pack, first, x, gradient);
  Pack<Value, kPack> result, passed;
  for (int i = 0; i < kPack; ++i) {
    store(norm_gradient(norm, means, x[i], gradient[i], first + i), result.of[i]);
    store(gradient[i], passed.of[i]);
  }
  reinterpret_cast<Pack<Value, kPack>*>(x_gradient)[pack] = result;
  if (residual_gradient != nullptr) reinterpret_cast<Pack<Value, kPack>*>(residual_gradient)[pack] = passed;
}

/// Calls with(pack), where pack is the number of values to read at once, as a type.
template <class With>
void for_pack(const NormShape& shape, const With& with) {
  if (shape.channels % 4 == 0)
    with(std::integral_constant<int, 4>{});
  else
    with(std::integral_constant<int, 1>{});
}

template <class Sum>
void add_blocks(const NormShape& shape, const Sum* partial, const NormTotals& totals, Stream stream) {
  const int columns = 2 * shape.channels;
  launch(total_kernel<Sum>, static_cast<unsigned>((columns + 31) / 32), 0, stream, partial, norm_blocks(shape), columns, totals);
}

dim3 moment_grid(const NormShape& shape, int pack) {
  return {static_cast<unsigned>(tiles(shape, pack)), static_cast<unsigned>(norm_blocks(shape)), 1};
}

}  // namespace

std::int32_t norm_blocks(const NormShape& shape) {
  const std::int64_t wanted = (shape.rows + kRows * kRowsEach - 1) / (kRows * kRowsEach), most = kMostBlocks / tiles(shape, 4);
  return static_cast<std::int32_t>(wanted < most ? wanted : (most > 0 ? most : 1));
}

template <class Value>
void norm_moments(const NormShape& shape, const Value* x, double* partial, double* sums, Stream stream) {
  for_pack(shape, [&](auto pack) { launch(moments_kernel<Value, pack()>, moment_grid(shape, pack()), 0, stream, shape, x, partial); });
  add_blocks(shape, partial, {sums, nullptr, nullptr, 1.0}, stream);
}

void norm_statistics(const double* sums, double count, std::int32_t channels, const RunningStatistics& running, float* mean, float* inverse_deviation,
                     Stream stream) {
  launch(statistics_kernel, blocks_for(channels), 0, stream, sums, count, channels, running, mean, inverse_deviation);
}

template <class Value>
void norm_forward(const NormShape& shape, const NormParameters& norm, const Value* x, const Value* residual, Value* y, Stream stream) {
  for_pack(shape,
           [&](auto pack) { launch(forward_kernel<Value, pack()>, blocks_for(shape.values() / pack()), 0, stream, shape, norm, x, residual, y); });
}

template <class Value>
void norm_gradient_moments(const NormShape& shape, const NormParameters& norm, const NormGradientInput<Value>& input, float* partial,
                           const NormTotals& totals, Stream stream) {
  for_pack(shape,
           [&](auto pack) { launch(gradient_moments_kernel<Value, pack()>, moment_grid(shape, pack()), 0, stream, shape, norm, input, partial); });
  add_blocks(shape, partial, totals, stream);
}

template <class Value>
void norm_backward(const NormShape& shape, const NormParameters& norm, const NormMeans& means, const NormGradientInput<Value>& input,
                   Value* x_gradient, Value* residual_gradient, Stream stream) {
  for_pack(shape, [&](auto pack) {
    launch(backward_kernel<Value, pack()>, blocks_for(shape.values() / pack()), 0, stream, shape, norm, means, input, x_gradient, residual_gradient);
  });
}

#define SEG_FOR_VALUE(Value)                                                                                                                        \
  template void norm_moments(const NormShape&, const Value*, double*, double*, Stream);                                                             \
  template void norm_forward(const NormShape&, const NormParameters&, const Value*, const Value*, Value*, Stream);                                  \
  template void norm_gradient_moments(const NormShape&, const NormParameters&, const NormGradientInput<Value>&, float*, const NormTotals&, Stream); \
  template void norm_backward(const NormShape&, const NormParameters&, const NormMeans&, const NormGradientInput<Value>&, Value*, Value*, Stream);
SEG_FOR_VALUE(float)
SEG_FOR_VALUE(std::uint16_t)
#undef SEG_FOR_VALUE

}  // namespace seg::cuda
