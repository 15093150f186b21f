#include "ops/cpu/tap_conv.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "ops/cpu/panel_product.hpp"

namespace seg::cpu {
namespace {

constexpr std::int64_t kSide = 3;
constexpr std::int64_t kSquare = kSide * kSide;
constexpr std::int64_t kCentre = kSquare / 2;
constexpr std::int64_t kRows = 4;  // output rows that a thread processes at once, so that the weights are read once for all of them

/// The outputs along one axis whose input, at distance `offset`, is inside the image.
struct Reach {
  Reach(std::int64_t size, std::int64_t offset_)
      : offset(offset_), first(std::clamp<std::int64_t>(-offset_, 0, size)), last(std::clamp<std::int64_t>(size - offset_, 0, size)) {}
  std::int64_t count() const { return std::max<std::int64_t>(last - first, 0); }

  std::int64_t offset, first, last;
};

/// The outputs of one tap.
struct Tap {
  Tap(std::int64_t number, std::int64_t height, std::int64_t width, std::int64_t dilation)
      : rows(height, (number / kSide - 1) * dilation), columns(width, (number % kSide - 1) * dilation) {}

  Reach rows, columns;
};

/// The panels for the gradient of the inputs: weights rotated by 180 degrees, with inputs and outputs swapped.
torch::Tensor backward_panels(const torch::Tensor& weight) {
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  torch::Tensor panels = torch::empty({inputs / kPanel, kSquare, outputs, kPanel}, torch::kFloat);
  const float* from = weight.data_ptr<float>();
  at::parallel_for(0, inputs / kPanel, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t panel = begin; panel < end; ++panel)
      for (std::int64_t tap = 0; tap < kSquare; ++tap)
        for (std::int64_t k = 0; k < outputs; ++k)
          std::copy_n(from + (k * kSquare + kSquare - 1 - tap) * inputs + panel * kPanel, kPanel,
                      panels.data_ptr<float>() + ((panel * kSquare + tap) * outputs + k) * kPanel);
  });
  return panels;
}

}  // namespace

double tap_share(std::int64_t height, std::int64_t width, std::int64_t dilation) {
  std::int64_t met = 0;
  for (std::int64_t number = 0; number < kSquare; ++number) {
    const Tap tap(number, height, width, dilation);
    met += tap.rows.count() * tap.columns.count();
  }
  return static_cast<double>(met) / static_cast<double>(kSquare * height * width);
}

// [panel][9][inputs][kPanel], from [K][9][C] in memory.
torch::Tensor tap_panels(const torch::Tensor& weight) {
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  return weight.permute({0, 2, 3, 1}).reshape({outputs / kPanel, kPanel, kSquare, inputs}).permute({0, 2, 3, 1}).contiguous();
}

torch::Tensor tap_conv_of_panels(const torch::Tensor& x, const torch::Tensor& panels, std::int64_t dilation) {
  const std::int64_t inputs = x.size(1), height = x.size(2), width = x.size(3), outputs = panels.size(0) * kPanel;
  torch::Tensor y = torch::empty({x.size(0), outputs, height, width}, torch::kFloat, at::MemoryFormat::ChannelsLast);
  const std::int64_t blocks = (height + kRows - 1) / kRows;
  at::parallel_for(0, x.size(0) * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const float* image = x.data_ptr<float>() + block / blocks * height * width * inputs;
      float* result = y.data_ptr<float>() + block / blocks * height * width * outputs;
      const std::int64_t top = block % blocks * kRows, bottom = std::min(top + kRows, height);
      for (std::int64_t panel = 0; panel < panels.size(0); ++panel) {
        const auto add_tap = [&](std::int64_t number) {
          const Tap tap(number, height, width, dilation);
          for (std::int64_t row = std::max(top, tap.rows.first); row < std::min(bottom, tap.rows.last); ++row)
            multiply({.a = image + ((row + tap.rows.offset) * width + tap.columns.first + tap.columns.offset) * inputs,
                      .a_row = inputs,
                      .a_depth = 1,
                      .b = panels.data_ptr<float>() + (panel * kSquare + number) * inputs * kPanel,
                      .b_depth = kPanel,
                      .sums = result + (row * width + tap.columns.first) * outputs + panel * kPanel,
                      .sums_row = outputs,
                      .rows = tap.columns.count(),
                      .depth = inputs,
                      .add = number != kCentre});
        };
        add_tap(kCentre);  // covers all outputs, and starts the sums
        for (std::int64_t number = 0; number < kSquare; ++number)
          if (number != kCentre) add_tap(number);
      }
    }
  });
  return y;
}

torch::Tensor tap_conv(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t dilation) {
  return tap_conv_of_panels(x, tap_panels(weight), dilation);
}

torch::Tensor tap_conv_input_gradient(const torch::Tensor& gradient, const torch::Tensor& weight, std::int64_t dilation) {
  return tap_conv_of_panels(gradient, backward_panels(weight), dilation);
}

torch::Tensor tap_conv_weight_gradient(const torch::Tensor& gradient, const torch::Tensor& x, std::int64_t dilation) {
  const std::int64_t inputs = x.size(1), outputs = gradient.size(1), height = x.size(2), width = x.size(3);
  torch::Tensor result = torch::zeros({outputs, kSide, kSide, inputs}, torch::kFloat).permute({0, 3, 1, 2});
  const std::int64_t panels = inputs / kPanel;
  at::parallel_for(0, kSquare * panels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t number = task / panels, c = task % panels * kPanel;
      const Tap tap(number, height, width, dilation);
      for (std::int64_t image = 0; image < x.size(0); ++image)
        for (std::int64_t row = tap.rows.first; row < tap.rows.last; ++row) {
          const std::int64_t output = (image * height + row) * width + tap.columns.first;
          const std::int64_t input = (image * height + row + tap.rows.offset) * width + tap.columns.first + tap.columns.offset;
          multiply({.a = gradient.data_ptr<float>() + output * outputs,
                    .a_row = 1,
                    .a_depth = outputs,
                    .b = x.data_ptr<float>() + input * inputs + c,
                    .b_depth = inputs,
                    .sums = result.data_ptr<float>() + number * inputs + c,
                    .sums_row = kSquare * inputs,
                    .rows = outputs,
                    .depth = tap.columns.count(),
                    .add = true});
        }
    }
  });
  return result;
}

}  // namespace seg::cpu
