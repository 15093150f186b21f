#include <torch/types.h>

#include <sstream>

#include "base/error.hpp"
#include "bench/bench.hpp"
#include "device/compute.hpp"
#include "device/device_work.hpp"
#include "engine/training/learner.hpp"
#include "losses/loss_registry.hpp"
#include "ops/class_sums.hpp"

namespace seg {

namespace {

using Kernel = ClassSums (*)(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions);

struct Inputs {
  torch::Tensor logits;  // float32 [N,K,h,w], channels-last like those of a network
  torch::Tensor labels;  // u8 [N,H,W]
};

Inputs random_inputs(const std::vector<std::int64_t>& shape, Size size, const torch::Device& device) {
  torch::manual_seed(0);
  const torch::Tensor labels = random_batch(shape[0], size, shape[1]).labels;
  return {torch::randn(shape).contiguous(torch::MemoryFormat::ChannelsLast).to(device), labels.to(device)};
}

/// Gradient of the recall loss, weights max(FN,1) / max(GT,1), over the valid pixels.
torch::Tensor gradient(Kernel kernel, const Inputs& inputs) {
  const torch::Tensor logits = inputs.logits.detach().requires_grad_(true);
  const ClassSums sums = kernel(logits, inputs.labels, /*align_corners=*/false, Regions::kNo);
  const torch::Tensor weights = sums.false_negatives.clamp_min(1).to(torch::kDouble) / sums.pixels.clamp_min(1);
  ((weights * sums.cross_entropy).sum() / sums.pixels.sum().clamp_min(1)).backward();
  return logits.grad();
}

/// Seconds of each run. On a GPU by its clock, one workload after the other, so that none hides the launch cost of the next; on the CPU in turn.
std::vector<std::vector<double>> measure_all(const torch::Device& device, const Repeats& repeats, const std::vector<std::function<void()>>& works) {
  if (device.is_cpu()) return measure_in_turn(repeats, works);
  std::vector<std::vector<double>> seconds;
  for (const auto& work : works) seconds.push_back(measure_on(device, repeats, work));
  return seconds;
}

/// Bytes by which `work` raises the peak memory of tensors on the device.
std::int64_t extra_device_bytes(const std::function<void()>& work, const torch::Device& device) {
  forget_peak(device);
  const std::int64_t before = device_memory(device).value().used;
  work();
  return device_memory(device).value().peak - before;
}

void compare_kernels(BenchReport& report, const LossBench& bench, const torch::Device& device) {
  const Inputs small = random_inputs({1, bench.shape[1], 3, 3}, {9, 9}, device), inputs = random_inputs(bench.shape, bench.size, device);
  const std::vector<std::pair<std::string, Kernel>> kernels = {{"kernel", class_sums}, {"reference", reference::class_sums}};
  std::vector<std::optional<double>> extra;
  std::vector<std::function<void()>> works;
  for (const auto& [name, kernel] : kernels) {
    gradient(kernel, small);  // so that memory of threads and code is not attributed to the kernel
    const auto work = [&, run = kernel] { gradient(run, inputs); };
    const auto bytes = device.is_cpu() ? extra_resident_bytes(work) : std::optional(extra_device_bytes(work, device));
    extra.push_back(bytes ? std::optional(static_cast<double>(*bytes)) : std::nullopt);
    works.emplace_back([&inputs, run = kernel] { gradient(run, inputs); });
  }
  const auto seconds = measure_all(device, bench.runs, works);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    report.add_times(kernels[i].first, "forward_and_backward", seconds[i]);
    report.add(kernels[i].first, "extra_resident", extra[i] ? std::optional(*extra[i] / kMegabyte) : std::nullopt, "MB");
  }
  report.add("ratio", "speed", measurement_of(seconds[1]).median / measurement_of(seconds[0]).median, "");
  report.add("ratio", "extra_resident", extra[0] && extra[1] ? std::optional(*extra[0] / *extra[1]) : std::nullopt, "");
}

std::unique_ptr<Loss> loss_named(const std::string& type, const Experiment& experiment) {
  LossOptions options = experiment.config.loss;
  options.type = type;
  options.weighting = "default";
  options.normalizer = LossNormalizer::kDefault;
  return build_loss(options, {experiment.compute.device, names_of(experiment.classes())});
}

/// Losses as training computes them, on the logits of one batch.
void compare_losses(BenchReport& report, Experiment& experiment, const Repeats& runs) {
  const Batch batch = synthetic_batch(experiment);
  const std::vector<double> steps = step_seconds(experiment, batch);
  torch::Tensor logits;
  {
    const torch::NoGradGuard no_gradient;
    logits = forward_pass(experiment, batch).logits;
  }
  const torch::Tensor labels = batch.labels.to(experiment.compute.device);
  const bool align_corners = experiment.config.model.align_corners;
  const auto recall = loss_named("recall", experiment), gap = loss_named("iou_gap", experiment), entropy = loss_named("ce", experiment);
  const auto work = [&](Loss& loss) {
    return [&] { loss.compute({logits.detach().requires_grad_(true), labels, align_corners, {}, loss.regions()}).value.backward(); };
  };
  // The difference to be measured is smaller than the spread of few runs.
  const auto seconds = measure_all(experiment.compute.device, {runs.warmup, 5 * runs.runs}, {work(*recall), work(*gap), work(*entropy)});
  const auto over_entropy = [&](std::size_t i) {
    return 100 * (measurement_of(seconds[i]).median - measurement_of(seconds[2]).median) / measurement_of(steps).median;
  };
  report.add_times("inside_a_step", "recall", seconds[0]);
  report.add_times("inside_a_step", "iou_gap", seconds[1]);
  report.add_times("inside_a_step", "cross_entropy", seconds[2]);
  report.add_times("inside_a_step", "step", steps);
  report.add("inside_a_step", "recall_over_cross_entropy", over_entropy(0), "% of a step");
  report.add("inside_a_step", "iou_gap_over_cross_entropy", over_entropy(1), "% of a step");
}

}  // namespace

BenchReport bench_loss(const LossBench& bench) {
  const BenchSetup setup(bench.source);
  const auto experiment = setup.build();
  BenchReport report("loss");
  add_facts(report, *experiment);
  report.fact("logits", bench.shape);
  report.fact("labels", to_string(bench.size));
  compare_kernels(report, bench, experiment->compute.device);
  compare_losses(report, *experiment, bench.runs);
  return report;
}

std::vector<std::int64_t> parse_shape(const std::string& text) {
  std::vector<std::int64_t> shape(4);
  std::istringstream stream(text);
  bool read = true;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    char separator = 'x';
    if (i > 0) stream >> separator;
    read = read && separator == 'x' && stream >> shape[i] && shape[i] > 0;
  }
  if (!read || !(stream >> std::ws).eof() || shape[1] > 255)
    throw Error(ErrorKind::kConfiguration, "--shape " + text + " is not a shape of logits", "use IMAGESxCLASSESxHEIGHTxWIDTH, such as 6x19x193x193");
  return shape;
}

}  // namespace seg
