#include "ops/conv.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include <algorithm>
#include <array>

#include "bench/bench.hpp"
#include "bench/counts.hpp"
#include "bench/peak_rate.hpp"
#include "device/compute.hpp"

namespace seg {

namespace {

torch::Tensor conv_of_torch(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) {
  return at::conv2d(x, weight, {}, steps.stride, steps.padding, steps.dilation);
}

struct TimedConv {
  const char* name;
  torch::MemoryFormat format;
  torch::Tensor (*conv)(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps);
};
constexpr std::array<TimedConv, 3> kTimedConvs = {{{"plain", torch::MemoryFormat::Contiguous, conv_of_torch},
                                                   {"last", torch::MemoryFormat::ChannelsLast, conv_of_torch},
                                                   {"ours", torch::MemoryFormat::ChannelsLast, conv2d}}};
constexpr std::size_t kOurs = 2;
constexpr std::array<const char*, 3> kPassNames = {"y", "dx", "dw"};
constexpr std::size_t kInputGradient = 1;

/// One kind of convolution, or all of a step together.
struct ConvTimes {
  std::string name;
  double times = 0;                              // occurrences in a step
  std::array<double, kPassNames.size()> work{};  // floating-point operations of all occurrences; 0: a pass that training does not need
  std::array<std::array<double, kPassNames.size()>, kTimedConvs.size()> seconds{};  // of all occurrences

  double total(std::size_t way) const { return seconds[way][0] + seconds[way][1] + seconds[way][2]; }
};

std::string name_of(const Convolution& c) {
  std::string name;
  for (const std::int64_t side : c.x) name += (name.empty() ? "" : "x") + std::to_string(side);
  name += " to " + std::to_string(c.weight[0]) + ", " + std::to_string(c.weight[2]) + "x" + std::to_string(c.weight[3]);
  if (c.steps.stride > 1) name += ", stride " + std::to_string(c.steps.stride);
  if (c.steps.dilation > 1) name += ", dilation " + std::to_string(c.steps.dilation);
  return name;
}

/// In the order of kPassNames; each gradient is computed from a forward pass that requires no other gradient.
std::array<std::function<void()>, kPassNames.size()> passes_of(const Convolution& c, const TimedConv& way, const Compute& compute) {
  const auto drawn = [&](torch::IntArrayRef shape) {
    return torch::rand(shape, torch::dtype(compute.precision).device(compute.device)).contiguous(way.format);
  };
  const auto gradient_pass = [&](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& of) -> std::function<void()> {
    of.requires_grad_();
    const torch::Tensor y = way.conv(x, weight, c.steps), y_gradient = drawn(y.sizes());
    return [y, y_gradient, of] { torch::autograd::grad({y}, {of}, {y_gradient}, /*retain_graph=*/true); };
  };
  const torch::Tensor x = drawn(c.x), weight = drawn(c.weight), x_leaf = x.detach(), weight_leaf = weight.detach();
  const auto forward = [x, weight, conv = way.conv, steps = c.steps] {
    const torch::NoGradGuard no_gradient;
    conv(x, weight, steps);
  };
  return {forward, gradient_pass(x_leaf, weight, x_leaf), gradient_pass(x, weight_leaf, weight_leaf)};
}

ConvTimes measure_convolution(const Convolution& c, std::int64_t times, const Compute& compute, const Repeats& runs) {
  ConvTimes found{.name = name_of(c), .times = static_cast<double>(times)};
  std::vector<std::function<void()>> works;
  for (const TimedConv& way : kTimedConvs)
    for (const auto& pass : passes_of(c, way, compute))
      works.emplace_back([&compute, pass] {
        pass();
        wait_for(compute.device);
      });
  found.work.fill(count_flops(works.front()).forward() * found.times);
  const auto seconds = measure_in_turn(runs, works);
  for (std::size_t i = 0; i < works.size(); ++i)
    found.seconds[i / kPassNames.size()][i % kPassNames.size()] = measurement_of(seconds[i]).median * found.times;
  if (!c.input_gradient) {
    found.work[kInputGradient] = 0;
    for (auto& way : found.seconds) way[kInputGradient] = 0;
  }
  return found;
}

ConvTimes sum_of(const std::vector<ConvTimes>& lines) {
  ConvTimes all{.name = "all"};
  for (const ConvTimes& line : lines) {
    all.times += line.times;
    for (std::size_t pass = 0; pass < kPassNames.size(); ++pass) {
      all.work[pass] += line.work[pass];
      for (std::size_t way = 0; way < kTimedConvs.size(); ++way) all.seconds[way][pass] += line.seconds[way][pass];
    }
  }
  return all;
}

/// best: floating-point operations per second; step: seconds.
void add_convolution(BenchReport& report, const ConvTimes& line, double best, double step) {
  std::vector<BenchReport::Cell> cells{{"times", line.times}, {"GFLOP", line.work[0] / 1e9}};
  for (std::size_t pass = 0; pass < kPassNames.size(); ++pass)
    for (std::size_t way = 0; way < kTimedConvs.size(); ++way) {
      const bool wanted = line.work[pass] > 0;
      cells.push_back({std::string(kPassNames[pass]) + "_" + kTimedConvs[way].name,
                       wanted ? std::optional(line.work[pass] / line.seconds[way][pass] / 1e9) : std::nullopt});
    }
  const double ours = line.total(kOurs);
  cells.push_back({"of_best", (line.work[0] + line.work[1] + line.work[2]) / ours / best});
  cells.push_back({"ms", ours * 1e3});
  cells.push_back({"of_step", ours / step});
  report.add_line("convolutions", line.name, cells);
}

/// One entry per kind, in the order of first use.
std::vector<ConvTimes> measure_convolutions(const std::vector<Convolution>& asked, const Compute& compute, const Repeats& runs) {
  std::vector<ConvTimes> lines;
  for (auto c = asked.begin(); c != asked.end(); ++c)
    if (std::find(asked.begin(), c, *c) == c) lines.push_back(measure_convolution(*c, std::count(c, asked.end(), *c), compute, runs));
  return lines;
}

}  // namespace

BenchReport bench_conv(const ConvBench& bench) {
  const BenchSetup setup(bench.source);
  const auto experiment = setup.build();
  BenchReport report("conv");
  add_facts(report, *experiment);
  report.fact("columns",
              "GFLOP: forward, all times in a step; GFLOP/s of y (forward), dx (gradient of the input), dw (of the weights); plain, last: LibTorch "
              "contiguous, channels-last; of_best, ms, of_step: ours, all passes and times in a step");
  const Batch batch = synthetic_batch(*experiment);
  const auto asked = observe_convolutions([&] { forward_pass(*experiment, batch); });
  const std::vector<double> steps = step_seconds(*experiment, batch);
  PeakRate peak(experiment->compute, bench.largest_product);
  peak.sample();
  const std::vector<ConvTimes> lines = measure_convolutions(asked, experiment->compute, bench.runs);
  peak.sample();

  const PeakRate::Best best = peak.best();
  report.fact("best rate", best.name);
  const ConvTimes all = sum_of(lines);
  for (const ConvTimes& line : lines) add_convolution(report, line, best.rate.median, measurement_of(steps).median);
  add_convolution(report, all, best.rate.median, measurement_of(steps).median);
  report.add("best", "rate", in_units(best.rate, 1e9), "GFLOP/s");
  report.add_times("step", "step", steps);
  for (std::size_t way = 0; way < kTimedConvs.size(); ++way)
    report.add("step", std::string("convolutions_") + kTimedConvs[way].name, all.total(way) * 1e3, "ms");
  return report;
}

}  // namespace seg
