#include "ops/cpu/depthwise_conv.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "ops/cpu/depthwise_rows.hpp"

namespace seg::cpu {
namespace {

constexpr std::int64_t kPartRows = 8;  // output rows per part: their sums for the weights are kept in float32 and then added in double

/// One axis of a convolution: output o reads position o * stride + t * dilation - before with tap t.
struct Axis {
  std::int64_t inputs, outputs, kernel, stride, dilation, before;

  std::vector<AxisReads> forward() const {
    return table(outputs, [this](std::int64_t at, std::int64_t tap) {
      const std::int64_t source = at * stride + tap * dilation - before;
      return source < inputs ? source : -1;
    });
  }

  /// The outputs' gradients that the gradient of each input reads.
  std::vector<AxisReads> backward() const {
    return table(inputs, [this](std::int64_t at, std::int64_t tap) {
      const std::int64_t from = at + before - tap * dilation;
      return from >= 0 && from % stride == 0 && from / stride < outputs ? from / stride : -1;
    });
  }

 private:
  template <class Source>
  std::vector<AxisReads> table(std::int64_t size, const Source& source_of) const {
    std::vector<AxisReads> reads(size);
    for (std::int64_t at = 0; at < size; ++at)
      for (std::int64_t tap = 0; tap < kernel; ++tap) {
        const std::int64_t source = source_of(at, tap);
        if (source < 0) continue;
        reads[at].tap[reads[at].taps] = tap;
        reads[at].source[reads[at].taps++] = source;
      }
    for (AxisReads& read : reads)  // in backward they are in descending order
      if (read.taps > 1 && read.source[0] > read.source[1]) {
        std::reverse(read.tap.begin(), read.tap.begin() + read.taps);
        std::reverse(read.source.begin(), read.source.begin() + read.taps);
      }
    return reads;
  }
};

/// Whether the sources have the distance `distance`.
bool evenly_spaced(const AxisReads& reads, std::int64_t distance) {
  for (std::int64_t i = 1; i < reads.taps; ++i)
    if (reads.source[i] != reads.source[0] + i * distance) return false;
  return true;
}

bool continues(const AxisReads& first, const AxisReads& next, std::int64_t distance) {
  if (first.taps != next.taps) return false;
  for (std::int64_t i = 0; i < first.taps; ++i)
    if (first.tap[i] != next.tap[i] || first.source[i] + distance != next.source[i]) return false;
  return true;
}

/// Positions at distances of `step`, except those at the edges, have the same reads from sources at distances of `source_step`.
std::vector<ColumnRun> runs_of(const std::vector<AxisReads>& reads, std::int64_t step, std::int64_t source_step) {
  const auto size = static_cast<std::int64_t>(reads.size());
  std::vector<ColumnRun> runs;
  for (std::int64_t phase = 0; phase < step; ++phase)
    for (std::int64_t at = phase; at < size;) {
      ColumnRun run{reads[at], at, 1, step, source_step, evenly_spaced(reads[at], source_step)};
      std::int64_t alike = 1;
      while (alike < kRunLength && at + alike * step < size && continues(reads[at], reads[at + alike * step], alike * source_step)) ++alike;
      if (alike == kRunLength) run.count = kRunLength;
      runs.push_back(run);
      at += run.count * step;
    }
  return runs;
}

template <class With>
void by_type(const torch::Tensor& x, const With& with) {
  if (x.scalar_type() == torch::kBFloat16)
    with(std::uint16_t{});
  else
    with(float{});
}

template <class Value>
Value* data_of(const torch::Tensor& tensor) {
  return static_cast<Value*>(tensor.data_ptr());
}

/// [C,1,k,k] -> float32 [k,k,C].
torch::Tensor taps_of(const torch::Tensor& weight) { return weight.to(torch::kFloat).squeeze(1).permute({1, 2, 0}).contiguous(); }

std::int64_t outputs_of(std::int64_t inputs, std::int64_t padding, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  return (inputs + padding - (kernel - 1) * dilation - 1) / stride + 1;
}

struct Axes {
  Axis rows, columns;

  Axes(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, at::IntArrayRef padding)
      : rows{x.size(2), outputs_of(x.size(2), padding[0] + padding[1], kernel, stride, dilation), kernel, stride, dilation, padding[0]},
        columns{x.size(3), outputs_of(x.size(3), padding[2] + padding[3], kernel, stride, dilation), kernel, stride, dilation, padding[2]} {}
};

/// Writes the sums that `rows` and `runs` describe, of x, to y.
void sum_taps(const torch::Tensor& x, const std::vector<AxisReads>& rows, const std::vector<ColumnRun>& runs, const torch::Tensor& weights,
              const AfterTaps& after, torch::Tensor& y) {
  const std::int64_t channels = x.size(1), row_length = x.size(3) * channels, y_row = y.size(3) * channels;
  const DepthwiseShape shape{channels,
                             weights.size(0),
                             runs.data(),
                             static_cast<std::int64_t>(runs.size()),
                             weights.data_ptr<float>(),
                             after.bias.defined() ? after.bias.data_ptr<float>() : nullptr,
                             after.floor,
                             after.ceiling};
  by_type(x, [&](auto value) {
    using Value = decltype(value);
    const auto* from = data_of<const Value>(x);
    auto* into = data_of<Value>(y);
    const auto height = static_cast<std::int64_t>(rows.size());
    at::parallel_for(0, x.size(0) * height, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        depthwise_row(shape, rows[row % height], from + row / height * x.size(2) * row_length, row_length, into + row * y_row);
    });
  });
}

torch::Tensor features_of(const torch::Tensor& x, std::int64_t height, std::int64_t width) {
  return torch::empty({x.size(0), x.size(1), height, width}, x.options(), at::MemoryFormat::ChannelsLast);
}

/// The sums for the weights' gradient of all parts, float32 [parts][k][k][C].
torch::Tensor gradient_parts(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t kernel, const Axes& axes) {
  const std::int64_t channels = x.size(1), height = gradient.size(2), parts = (height + kPartRows - 1) / kPartRows;
  const std::vector<AxisReads> rows = axes.rows.forward();
  torch::Tensor sums = torch::empty({x.size(0) * parts, kernel, kernel, channels}, torch::kFloat);
  const Axis& columns = axes.columns;
  by_type(x, [&](auto value) {
    using Value = decltype(value);
    at::parallel_for(0, sums.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t image = part / parts, first = part % parts * kPartRows;
        const GradientShape shape{channels,
                                  kernel,
                                  columns.inputs,
                                  columns.outputs,
                                  columns.stride,
                                  columns.dilation,
                                  columns.before,
                                  rows.data() + first,
                                  std::min(kPartRows, height - first)};
        depthwise_gradient(shape, data_of<const Value>(gradient) + (image * height + first) * columns.outputs * channels,
                           data_of<const Value>(x) + image * axes.rows.inputs * columns.inputs * channels,
                           sums.data_ptr<float>() + part * kernel * kernel * channels);
      }
    });
  });
  return sums;
}

}  // namespace

torch::Tensor depthwise_conv_of_taps(const torch::Tensor& x, const torch::Tensor& weights, std::int64_t stride, std::int64_t dilation,
                                     at::IntArrayRef padding, const AfterTaps& after) {
  const Axes axes(x, weights.size(0), stride, dilation, padding);
  torch::Tensor y = features_of(x, axes.rows.outputs, axes.columns.outputs);
  sum_taps(x, axes.rows.forward(), runs_of(axes.columns.forward(), stride == 1 ? dilation : 1, stride == 1 ? dilation : stride), weights, after, y);
  return y;
}

torch::Tensor depthwise_forward(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride, std::int64_t dilation,
                                at::IntArrayRef padding) {
  return depthwise_conv_of_taps(x, taps_of(weight), stride, dilation, padding, {});
}

torch::Tensor depthwise_input_gradient(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                                       std::int64_t dilation, at::IntArrayRef padding) {
  const Axes axes(x, weight.size(2), stride, dilation, padding);
  torch::Tensor result = features_of(x, x.size(2), x.size(3));
  sum_taps(gradient, axes.rows.backward(), runs_of(axes.columns.backward(), stride == 1 ? dilation : stride, stride == 1 ? dilation : 1),
           taps_of(weight), {}, result);
  return result;
}

torch::Tensor depthwise_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight, std::int64_t stride,
                                        std::int64_t dilation, at::IntArrayRef padding) {
  const std::int64_t kernel = weight.size(2);
  const torch::Tensor parts = gradient_parts(gradient, x, kernel, Axes(x, kernel, stride, dilation, padding));
  torch::Tensor total = torch::zeros(parts.sizes().slice(1), torch::kDouble);
  auto* sum = total.data_ptr<double>();
  const std::int64_t count = total.numel();
  at::parallel_for(0, count, 1024, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 0; part < parts.size(0); ++part)
      for (std::int64_t i = begin; i < end; ++i) sum[i] += static_cast<double>(parts.data_ptr<float>()[part * count + i]);
  });
  return total.permute({2, 0, 1}).unsqueeze(1).to(weight.scalar_type()).contiguous();
}

}  // namespace seg::cpu
