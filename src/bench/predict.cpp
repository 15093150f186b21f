#include <algorithm>
#include <cmath>
#include <memory>

#include "bench/bench.hpp"
#include "bench/counts.hpp"
#include "data/class_table.hpp"
#include "predict/predictor.hpp"
#include "synthesis/render.hpp"

namespace seg {

namespace {

/// The smallest value that at least the share `share` of the values does not exceed.
double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

/// For one image in evaluation mode.
double forward_flops(Model& model, const torch::Device& device, Size size) {
  const torch::NoGradGuard no_gradient;
  model.eval();
  return count_flops([&] { model.forward(torch::zeros({1, 3, size.height, size.width}, device)); }).forward();
}

}  // namespace

BenchReport bench_predict(const PredictBench& bench) {
  BenchSource source = bench.source;
  source.draw = 0;  // one scene, drawn below
  const BenchSetup setup(source);
  const RunConfig& config = setup.config();
  const torch::Device device = resolve_device(source.device);
  const std::int64_t threads = set_compute_threads(config.train.threads, device);
  const Compute compute = compute_on(device, config.train.precision);
  const ClassTable classes = load_classes(config.data);

  TrainedNetwork network{.model = build_model(config.model, static_cast<std::int64_t>(classes.size())),
                         .options = config.model,
                         .eval = config.eval,
                         .input = {},
                         .compute = compute,
                         .classes = classes,
                         .class_pixels = {}};
  network.model->to(device);
  Predictor predictor(network);
  const cv::Mat image = synthesis::render(synthesis::make_world(0, 0), 0.0, config.data.size, 0).image;
  const std::vector<double> seconds = measure(bench.images, [&] { predictor.predict(image); });

  BenchReport report("predict");
  add_facts(report, config, compute, threads, classes.size());
  report.fact("parameters", network.model->value_count());
  report.fact("image", to_string(config.data.size));
  for (const auto& [name, share] : {std::pair("p50", 0.50), std::pair("p95", 0.95), std::pair("p99", 0.99)})
    report.add("milliseconds", name, 1e3 * percentile(seconds, share), "ms");
  report.add("predict", "images_per_second", measurement_of(rates(seconds, 1.0)), "1/s");
  report.add("arithmetic", "an_image", forward_flops(*network.model, compute.device, config.data.size) / 1e9, "GFLOP");
  report.add("memory", "peak_resident", static_cast<double>(peak_resident_bytes()) / kMegabyte, "MB");
  return report;
}

}  // namespace seg
