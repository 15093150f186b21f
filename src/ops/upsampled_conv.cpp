#include "ops/upsampled_conv.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "ops/bilinear_axis.hpp"
#include "ops/cpu/tap_rows.hpp"
#include "ops/layout.hpp"
#include "ops/operators.hpp"
#include "ops/packed_convs.hpp"
#include "ops/resize.hpp"

namespace seg {
namespace {

constexpr std::int64_t kTaps = 9;
constexpr std::int64_t kSide = 3;
constexpr std::int64_t kBlock = 64;  // channels per task of the backward pass, so that its sums stay in the second-level cache

/// [out][3]: the sources of the taps at out - 1, out, out + 1.
std::vector<cpu::TapSource> tap_sources(std::int64_t in, std::int64_t out, bool align_corners) {
  const auto axis = bilinear_axis(in, out, align_corners);
  std::vector<cpu::TapSource> sources(static_cast<std::size_t>(out * kSide));
  for (std::int64_t i = 0; i < out; ++i) {
    for (std::int64_t tap = 0; tap < kSide; ++tap) {
      const std::int64_t at = i + tap - 1;
      if (at < 0 || at >= out) continue;
      const auto from = static_cast<std::size_t>(at);
      sources[static_cast<std::size_t>(i * kSide + tap)] = {axis.low[from], axis.high[from], axis.weight[from]};
    }
  }
  return sources;
}

/// Sizes and sources of both passes.
struct TapPlan {
  TapPlan(std::int64_t in_height_, std::int64_t in_width, std::int64_t out_height_, std::int64_t out_width, std::int64_t channels, bool align_corners)
      : in_height(in_height_),
        out_height(out_height_),
        rows(tap_sources(in_height_, out_height_, align_corners)),
        columns(tap_sources(in_width, out_width, align_corners)),
        shape{.channels = channels, .in_width = in_width, .out_width = out_width, .columns = columns.data()} {}

  std::int64_t in_height;
  std::int64_t out_height;
  std::vector<cpu::TapSource> rows;
  std::vector<cpu::TapSource> columns;
  cpu::TapShape shape;
};

template <class Value>
Value* values(const torch::Tensor& tensor) {
  return static_cast<Value*>(tensor.data_ptr());
}

template <class Value>
void mix_taps(const TapPlan& plan, const torch::Tensor& taps, const torch::Tensor& addend, const torch::Tensor& y) {
  const cpu::TapShape& shape = plan.shape;
  const std::int64_t image = plan.in_height * shape.in_width * kTaps * shape.channels;
  const std::int64_t row = shape.out_width * shape.channels;
  at::parallel_for(0, taps.size(0) * plan.out_height, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> columns(static_cast<std::size_t>(shape.in_width * kSide * shape.channels));
    for (std::int64_t i = begin; i < end; ++i)
      cpu::mix_tap_row(shape, &plan.rows[static_cast<std::size_t>(i % plan.out_height * kSide)],
                       static_cast<const Value*>(values<Value>(taps) + i / plan.out_height * image),
                       static_cast<const Value*>(values<Value>(addend) + i * row), columns.data(), values<Value>(y) + i * row);
  });
}

/// Each task sums the gradient of one image and one block of channels, so the number of threads has no effect on the result.
template <class Value>
void spread_taps(const TapPlan& plan, const torch::Tensor& gradient, const torch::Tensor& taps) {
  const std::int64_t channels = plan.shape.channels;
  const std::int64_t blocks = (channels + kBlock - 1) / kBlock;
  const std::int64_t positions = plan.in_height * plan.shape.in_width;
  const std::int64_t row = plan.shape.out_width * channels;
  at::parallel_for(0, taps.size(0) * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> columns(static_cast<std::size_t>(plan.shape.in_width * kSide * kBlock));
    std::vector<float> sums;
    for (std::int64_t task = begin; task < end; ++task) {
      cpu::TapShape shape = plan.shape;
      shape.channel_begin = task % blocks * kBlock;
      shape.channel_end = std::min(shape.channel_begin + kBlock, channels);
      sums.assign(static_cast<std::size_t>(positions * kTaps * (shape.channel_end - shape.channel_begin)), 0.0f);
      const std::int64_t image = task / blocks;
      for (std::int64_t y = 0; y < plan.out_height; ++y)
        cpu::spread_tap_row(shape, &plan.rows[static_cast<std::size_t>(y * kSide)],
                            static_cast<const Value*>(values<Value>(gradient) + (image * plan.out_height + y) * row), columns.data(), sums.data());
      cpu::store_taps(shape, positions, sums.data(), values<Value>(taps) + image * positions * kTaps * channels);
    }
  });
}

/// taps: [N,9*O,h,w], tap by tap; addend: [N,O,H,W] -> [N,O,H,W]. All are channels-last.
torch::Tensor sum_of_taps(const torch::Tensor& taps, const torch::Tensor& addend, bool align_corners) {
  torch::Tensor y = torch::empty_like(addend);
  const TapPlan plan(taps.size(2), taps.size(3), addend.size(2), addend.size(3), addend.size(1), align_corners);
  if (y.scalar_type() == torch::kBFloat16)
    mix_taps<std::uint16_t>(plan, taps, addend, y);
  else
    mix_taps<float>(plan, taps, addend, y);
  return y;
}

torch::Tensor taps_like(const torch::Tensor& gradient, std::int64_t height, std::int64_t width, bool) {
  return torch::empty({gradient.size(0), kTaps * gradient.size(1), height, width}, gradient.options(), at::MemoryFormat::ChannelsLast);
}

/// d loss / d taps, for taps of this size.
torch::Tensor sum_of_taps_backward(const torch::Tensor& gradient, std::int64_t height, std::int64_t width, bool align_corners) {
  torch::Tensor taps = taps_like(gradient, height, width, align_corners);
  const TapPlan plan(height, width, gradient.size(2), gradient.size(3), gradient.size(1), align_corners);
  if (gradient.scalar_type() == torch::kBFloat16)
    spread_taps<std::uint16_t>(plan, gradient, taps);
  else
    spread_taps<float>(plan, gradient, taps);
  return taps;
}

torch::Tensor sum_of_taps_shape(const torch::Tensor&, const torch::Tensor& addend, bool) { return torch::empty_like(addend); }

const auto& sum_of_taps_operator() {
  static const auto found = find_operator<decltype(sum_of_taps)>("seg::sum_of_taps");
  return found;
}

struct SumOfTapsFunction : torch::autograd::Function<SumOfTapsFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& taps, const torch::Tensor& addend,
                               bool align_corners) {
    context->saved_data["height"] = taps.size(2);
    context->saved_data["width"] = taps.size(3);
    context->saved_data["align_corners"] = align_corners;
    return call_below(sum_of_taps_operator(), channels_last(taps), channels_last(addend), align_corners);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    static const auto found = find_operator<decltype(sum_of_taps_backward)>("seg::sum_of_taps_backward");
    const torch::Tensor gradient = channels_last(gradients[0]);
    const BelowAutograd below;
    const torch::Tensor taps = found.call(gradient, context->saved_data["height"].toInt(), context->saved_data["width"].toInt(),
                                          context->saved_data["align_corners"].toBool());
    return {taps, gradient, {}};
  }
};

torch::Tensor differentiable_sum_of_taps(const torch::Tensor& taps, const torch::Tensor& addend, bool align_corners) {
  return SumOfTapsFunction::apply(taps, addend, align_corners);
}

/// [O,C,3,3] -> [9*O,C,1,1], tap by tap.
torch::Tensor by_tap(const torch::Tensor& weight) { return weight.permute({2, 3, 0, 1}).reshape({kTaps * weight.size(0), weight.size(1), 1, 1}); }

torch::Tensor conv_by_taps(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners) {
  PackedConvs* const packed = packed_convs();
  const torch::Tensor taps = conv2d(channels_last(x), packed != nullptr ? packed->derived(weight, by_tap) : by_tap(weight), ConvSteps{});
  return sum_of_taps_operator().call(taps.to(addend.scalar_type()), addend, align_corners);
}

torch::Tensor conv_of_map(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners) {
  return addend + at::conv2d(resize_features(x, addend.size(2), addend.size(3), align_corners), weight, {}, 1, 1);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(sum_of_taps)>(library, "sum_of_taps(Tensor taps, Tensor addend, bool align_corners) -> Tensor",
                                {.cpu = sum_of_taps, .meta = sum_of_taps_shape, .autograd = differentiable_sum_of_taps});
  define<decltype(sum_of_taps_backward)>(library, "sum_of_taps_backward(Tensor gradient, int height, int width, bool align_corners) -> Tensor",
                                         {.cpu = sum_of_taps_backward, .meta = taps_like});
  define<decltype(conv_by_taps)>(library, "upsampled_conv(Tensor x, Tensor weight, Tensor addend, bool align_corners) -> Tensor",
                                 {.cpu = conv_by_taps, .autograd = conv_by_taps, .any = conv_of_map});
}

void check(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend) {
  const bool good = x.dim() == 4 && weight.dim() == 4 && addend.dim() == 4 && weight.size(1) == x.size(1) && weight.size(2) == kSide &&
                    weight.size(3) == kSide && addend.size(0) == x.size(0) && addend.size(1) == weight.size(0) && x.numel() > 0 && addend.numel() > 0;
  if (good) return;
  std::ostringstream text;
  text << "upsampled_conv: x [N,C,h,w], weight [O,C,3,3] and addend [N,O,H,W] do not match: " << x.sizes() << ", " << weight.sizes() << ", "
       << addend.sizes();
  throw Error(ErrorKind::kInternal, text.str());
}

}  // namespace

torch::Tensor reference::upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners) {
  const torch::Tensor map = at::upsample_bilinear2d(x, {addend.size(2), addend.size(3)}, align_corners);
  return addend + at::conv2d(map, weight, {}, 1, 1);
}

torch::Tensor upsampled_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& addend, bool align_corners) {
  check(x, weight, addend);
  const bool known = addend.scalar_type() == torch::kFloat || addend.scalar_type() == torch::kBFloat16;
  if (!known) return conv_of_map(x, weight, addend, align_corners);
  static const auto found = find_operator<decltype(conv_of_map)>("seg::upsampled_conv");
  return found.call(x, weight, addend, align_corners);
}

}  // namespace seg
