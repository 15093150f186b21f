#include "ops/cpu/winograd.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <vector>

#include "ops/cpu/winograd_tile.hpp"

namespace seg::cpu {
namespace {

constexpr std::int64_t kTileSide = 4;         // outputs of a tile along one axis
constexpr std::int64_t kBlock = 48;           // tiles that a thread processes at once
constexpr std::int64_t kFewBlocks = 5;        // with fewer blocks, threads share the steps instead, because each block reads all filters
constexpr std::int64_t kGradientBlock = 192;  // tiles between two updates of the filters' sums
constexpr std::int64_t kPadding = 16;         // floats

std::int64_t rounded_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// The tiles of a batch, numbered.
class TileGrid {
 public:
  TileGrid(std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t dilation)
      : images_(images),
        height_(height),
        width_(width),
        dilation_(dilation),
        rows_(rounded_up(rounded_up(height, dilation), kTileSide)),
        columns_(rounded_up(rounded_up(width, dilation), kTileSide)) {}

  std::int64_t count() const { return images_ * dilation_ * dilation_ * rows_ * columns_; }

  /// Pointers to the side x side pixels of a tile, starting `before` pixels above and left of its outputs, in `base` with `channels` values per
  /// pixel; `outside` for pixels outside of the image.
  template <int side, class Value>
  void find(std::int64_t tile, std::int64_t before, Value* base, std::int64_t channels, Value* outside, Value** pixels) const {
    const std::int64_t column = tile % columns_, row = tile / columns_ % rows_;
    const std::int64_t phase = tile / (columns_ * rows_) % (dilation_ * dilation_), image = tile / (columns_ * rows_ * dilation_ * dilation_);
    const std::int64_t first_y = phase / dilation_ + dilation_ * (row * kTileSide - before);
    const std::int64_t first_x = phase % dilation_ + dilation_ * (column * kTileSide - before);
    for (std::int64_t i = 0; i < side; ++i) {
      const std::int64_t y = first_y + i * dilation_;
      for (std::int64_t j = 0; j < side; ++j) {
        const std::int64_t x = first_x + j * dilation_;
        const bool inside = y >= 0 && y < height_ && x >= 0 && x < width_;
        pixels[i * side + j] = inside ? base + ((image * height_ + y) * width_ + x) * channels : outside;
      }
    }
  }

 private:
  std::int64_t images_, height_, width_, dilation_, rows_, columns_;
};

/// [kPoints] matrices of floats, with padding: otherwise distances of rows and of points would often be powers of two, which cause cache conflicts.
struct PointMatrices {
  PointMatrices(std::int64_t rows, std::int64_t row_length_)
      : row_length(row_length_), stride(rows * row_length_ + kPadding), values(torch::empty({kPoints, stride}, torch::kFloat)) {}

  float* of(std::int64_t point) const { return values.data_ptr<float>() + point * stride; }
  TilePoints row(std::int64_t number) const { return {of(0) + number * row_length, stride}; }

  std::int64_t row_length;
  std::int64_t stride;
  torch::Tensor values;
};

/// Memory for filters: for each point, panels [C][kPanel] of outputs.
PointMatrices filter_points(std::int64_t inputs, std::int64_t outputs) { return {outputs / kPanel, inputs * kPanel}; }

/// The filters for the gradient of the inputs: weights rotated by 180 degrees, with inputs and outputs swapped.
WinogradFilters backward_filters(const torch::Tensor& weight) {
  const std::int64_t outputs = weight.size(0), inputs = weight.size(1);
  const PointMatrices points = filter_points(outputs, inputs);
  at::parallel_for(0, inputs / kPanel, 1, [&](std::int64_t begin, std::int64_t end) {
    std::array<const float*, kTaps> taps;
    for (std::int64_t panel = begin; panel < end; ++panel) {
      for (std::int64_t t = 0; t < kTaps; ++t)
        taps[static_cast<std::size_t>(t)] = weight.data_ptr<float>() + (kTaps - 1 - t) * inputs + panel * kPanel;
      transform_filters(taps.data(), kTaps * inputs, outputs, points.row(panel));
    }
  });
  return {outputs, inputs, points.values};
}

/// One convolution: its tiles are processed in three steps, each of which can be shared among threads.
class Convolution {
 public:
  Convolution(const TileGrid& grid, const WinogradFilters& filters, const AfterSum& after, const torch::Tensor& x, const torch::Tensor& y)
      : grid_(grid),
        filters_(filters),
        after_(after),
        x_(x.data_ptr<float>()),
        y_(y.data_ptr<float>()),
        zeros_(static_cast<std::size_t>(filters.inputs), 0.0f) {}

  /// Processes blocks of tiles one after the other, all steps of each, in this thread.
  void run_blocks(std::int64_t begin, std::int64_t end) const {
    const Work work(kBlock, filters_);
    for (std::int64_t first = begin * kBlock; first < std::min(end * kBlock, grid_.count()); first += kBlock) {
      const std::int64_t tiles = std::min(kBlock, grid_.count() - first);
      read(work, first, 0, tiles);
      multiply_points(work, tiles, 0, kPoints);
      write(work, first, 0, tiles);
    }
  }

  /// Processes all tiles at once, with all threads in each step, so that no filter is read twice.
  void run_together() const {
    const std::int64_t tiles = grid_.count();
    const Work work(tiles, filters_);
    at::parallel_for(0, tiles, 4, [&](std::int64_t begin, std::int64_t end) { read(work, 0, begin, end); });
    at::parallel_for(0, kPoints, 1, [&](std::int64_t begin, std::int64_t end) { multiply_points(work, tiles, begin, end); });
    at::parallel_for(0, tiles, 4, [&](std::int64_t begin, std::int64_t end) { write(work, 0, begin, end); });
  }

 private:
  struct Work {
    Work(std::int64_t tiles, const WinogradFilters& filters) : input(tiles, filters.inputs + kPadding), output(tiles, filters.outputs + kPadding) {}
    PointMatrices input, output;
  };

  void read(const Work& work, std::int64_t first, std::int64_t begin, std::int64_t end) const {
    std::array<const float*, kInputPixels> pixels;
    for (std::int64_t t = begin; t < end; ++t) {
      grid_.find<6>(first + t, 1, x_, filters_.inputs, zeros_.data(), pixels.data());
      transform_input(pixels.data(), filters_.inputs, work.input.row(t));
    }
  }

  void multiply_points(const Work& work, std::int64_t tiles, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t p = begin; p < end; ++p)
      for (std::int64_t k = 0; k < filters_.outputs; k += kPanel)
        multiply({.a = work.input.of(p),
                  .a_row = work.input.row_length,
                  .a_depth = 1,
                  .b = filters_.points.data_ptr<float>() + p * filters_.points.size(1) + k * filters_.inputs,
                  .b_depth = kPanel,
                  .sums = work.output.of(p) + k,
                  .sums_row = work.output.row_length,
                  .rows = tiles,
                  .depth = filters_.inputs,
                  .add = false});
  }

  void write(const Work& work, std::int64_t first, std::int64_t begin, std::int64_t end) const {
    std::array<float*, kOutputPixels> pixels;
    for (std::int64_t t = begin; t < end; ++t) {
      grid_.find<4, float>(first + t, 0, y_, filters_.outputs, nullptr, pixels.data());
      transform_output(work.output.row(t), filters_.outputs, after_, pixels.data());
    }
  }

  const TileGrid& grid_;
  const WinogradFilters& filters_;
  AfterSum after_;
  const float* x_;
  float* y_;
  std::vector<float> zeros_;
};

}  // namespace

double winograd_fill(std::int64_t height, std::int64_t width, std::int64_t dilation) {
  const TileGrid grid(1, height, width, dilation);
  return static_cast<double>(height * width) / static_cast<double>(grid.count() * kTileSide * kTileSide);
}

// weight is [K][9][C] in memory.
WinogradFilters winograd_filters(const torch::Tensor& weight) {
  const std::int64_t outputs = weight.size(0), inputs = weight.size(1);
  const PointMatrices points = filter_points(inputs, outputs);
  at::parallel_for(0, outputs / kPanel, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> turned(static_cast<std::size_t>(kTaps * inputs * kPanel));  // [9][C][kPanel]
    std::array<const float*, kTaps> taps;
    for (std::int64_t t = 0; t < kTaps; ++t) taps[static_cast<std::size_t>(t)] = turned.data() + t * inputs * kPanel;
    for (std::int64_t panel = begin; panel < end; ++panel) {
      const float* from = weight.data_ptr<float>() + panel * kPanel * kTaps * inputs;
      for (std::int64_t first = 0; first < kTaps * inputs; first += kPanel)  // square blocks, so that source and target stay in the first-level cache
        for (std::int64_t k = 0; k < kPanel; ++k)
          for (std::int64_t i = first; i < first + kPanel; ++i) turned[static_cast<std::size_t>(i * kPanel + k)] = from[k * kTaps * inputs + i];
      transform_filters(taps.data(), kPanel, inputs, points.row(panel));
    }
  });
  return {inputs, outputs, points.values};
}

torch::Tensor winograd_conv(const torch::Tensor& x, const WinogradFilters& filters, std::int64_t dilation, const torch::Tensor& bias, bool relu) {
  const TileGrid grid(x.size(0), x.size(2), x.size(3), dilation);
  torch::Tensor y = torch::empty({x.size(0), filters.outputs, x.size(2), x.size(3)}, torch::kFloat, at::MemoryFormat::ChannelsLast);
  const Convolution convolution{grid, filters, {bias.defined() ? bias.data_ptr<float>() : nullptr, relu}, x, y};
  const std::int64_t blocks = rounded_up(grid.count(), kBlock);
  if (blocks < kFewBlocks)
    convolution.run_together();
  else
    at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) { convolution.run_blocks(begin, end); });
  return y;
}

torch::Tensor winograd_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation) {
  return winograd_conv(x, winograd_filters(weight), dilation, {}, false);
}

torch::Tensor winograd_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation) {
  return winograd_conv(gradient, backward_filters(weight), dilation, {}, false);
}

torch::Tensor winograd_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation) {
  const std::int64_t inputs = x.size(1), outputs = gradient.size(1);
  const TileGrid grid(x.size(0), x.size(2), x.size(3), dilation);
  const std::vector<float> zeros(static_cast<std::size_t>(std::max(inputs, outputs)), 0.0f);
  const PointMatrices of_x(kGradientBlock, inputs + kPadding), of_gradient(kGradientBlock, outputs + kPadding);
  const PointMatrices sums(outputs, inputs + kPadding);
  for (std::int64_t first = 0; first < grid.count(); first += kGradientBlock) {
    const std::int64_t tiles = std::min(kGradientBlock, grid.count() - first);
    at::parallel_for(0, tiles, 8, [&](std::int64_t begin, std::int64_t end) {
      std::array<const float*, kInputPixels> pixels;
      for (std::int64_t t = begin; t < end; ++t) {
        grid.find<6>(first + t, 1, static_cast<const float*>(x.data_ptr<float>()), inputs, zeros.data(), pixels.data());
        transform_input(pixels.data(), inputs, of_x.row(t));
        grid.find<4>(first + t, 0, static_cast<const float*>(gradient.data_ptr<float>()), outputs, zeros.data(), pixels.data());
        transform_gradient(pixels.data(), outputs, of_gradient.row(t));
      }
    });
    at::parallel_for(0, kPoints, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p)
        for (std::int64_t c = 0; c < inputs; c += kPanel)
          multiply({.a = of_gradient.of(p),
                    .a_row = 1,
                    .a_depth = of_gradient.row_length,
                    .b = of_x.of(p) + c,
                    .b_depth = of_x.row_length,
                    .sums = sums.of(p) + c,
                    .sums_row = sums.row_length,
                    .rows = outputs,
                    .depth = tiles,
                    .add = first > 0});
    });
  }
  torch::Tensor result = torch::empty({outputs, inputs, 3, 3}, torch::kFloat, at::MemoryFormat::ChannelsLast);
  at::parallel_for(0, outputs, 1, [&](std::int64_t begin, std::int64_t end) {
    std::array<float*, kTaps> taps;
    for (std::int64_t k = begin; k < end; ++k) {
      for (std::int64_t t = 0; t < kTaps; ++t) taps[static_cast<std::size_t>(t)] = result.data_ptr<float>() + (k * kTaps + t) * inputs;
      transform_filter_gradient(sums.row(k), inputs, taps.data());
    }
  });
  return result;
}

}  // namespace seg::cpu
