#include <array>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/parallel.hpp"
#include "bench/bench.hpp"
#include "bench/counts.hpp"
#include "bench/peak_rate.hpp"
#include "bench/profile.hpp"
#include "data/collate.hpp"
#include "data/loader.hpp"
#include "device/compute.hpp"
#include "device/device_work.hpp"
#include "engine/training/trainer.hpp"

namespace seg {

namespace {

/// Measurements of a series of steps; times in seconds.
struct Series {
  std::vector<double> step;  // including waiting
  std::vector<double> waiting;
  std::vector<StepLaps> parts;  // read after all steps, since reading waits for the device
  std::vector<double> bytes;    // passed to sums over the ranks
};

/// Runs and counts steps.
class Stepper {
 public:
  explicit Stepper(Experiment& experiment) : experiment_(experiment) {}

  double images() const { return static_cast<double>(experiment_.config.train.batch_size * experiment_.config.train.accumulate); }

  /// `next` returns a micro-batch; the times of steps are added to `series` unless it is null. If steps are asynchronous, waits for the previous
  /// step.
  void run(std::int64_t steps, const std::function<Batch()>& next, Series* series) {
    run(steps, next, series, asynchronous_ ? StepTiming::kWhole : StepTiming::kParts);
  }

  void run(std::int64_t steps, const std::function<Batch()>& next, Series* series, StepTiming timing) {
    std::optional<StepResult> before;
    for (std::int64_t i = 0; i < steps; ++i) {
      std::vector<Batch> batches;
      StepResult result;
      const double waiting = seconds_of([&] {
        for (std::int64_t micro = 0; micro < experiment_.config.train.accumulate; ++micro) batches.push_back(next());
      });
      const std::int64_t bytes = experiment_.ranks.bytes_given();
      const double computing = seconds_of([&] {
        result = experiment_.learner->step(batches, iteration_++, timing);
        check(asynchronous_ ? before.value_or(result) : result);
      });
      before = result;
      if (series == nullptr) continue;
      series->step.push_back(waiting + computing);
      series->waiting.push_back(waiting);
      series->parts.push_back(result.laps);
      series->bytes.push_back(static_cast<double>(experiment_.ranks.bytes_given() - bytes));
    }
    if (before) check(*before);
  }

 private:
  void check(const StepResult& result) const {
    if (!result.finite())
      throw Error(ErrorKind::kNonFinite, "the loss or its gradient is not finite in step " + std::to_string(iteration_),
                  "lower optimizer.lr or try train.precision=fp32");
  }

  Experiment& experiment_;
  bool asynchronous_ = !experiment_.compute.device.is_cpu();
  std::int64_t iteration_ = 0;
};

Series end_to_end(Experiment& experiment, Stepper& stepper, const Repeats& steps) {
  const RunConfig& config = experiment.config;
  // The loader's queue is full when the first step begins; the warm-up must empty it.
  const std::int64_t warmup = std::max(steps.warmup, config.data.prefetch + 1);
  LoaderOptions options = training_loader(experiment, 0);
  options.batches = (warmup + steps.runs) * config.train.accumulate;
  if (config.data.cache != CacheKind::kNone) {  // only the first epoch fills the cache
    DataLoader filling(experiment.training_samples, experiment.transform, options);
    while (filling.next()) continue;
  }
  DataLoader loader(experiment.training_samples, experiment.transform, options);
  const auto next = [&] { return collate(loader.next().value()); };
  Series series;
  stepper.run(warmup, next, nullptr);
  stepper.run(steps.runs, next, &series);
  return series;
}

/// Peak bytes of tensors on a GPU in steps that are launched operation by operation, after the memory in which libraries tried algorithms was
/// released; scripts/bench_pytorch_step.py counts PyTorch's in the same way. A recorded step has its own memory, which LibTorch does not count.
std::int64_t device_bytes_of_steps(const torch::Device& device, Stepper& stepper, const std::function<Batch()>& next) {
  constexpr std::int64_t kSteps = 2;
  wait_for(device);
  release_device_memory(device);
  stepper.run(kSteps, next, nullptr, StepTiming::kParts);
  forget_peak(device);
  stepper.run(kSteps, next, nullptr, StepTiming::kParts);
  return device_memory(device).value().peak;
}

/// The profile of steps that are launched operation by operation and, if training records them, of recorded steps.
std::string profile_of_steps(const Experiment& experiment, Stepper& stepper, const std::function<Batch()>& next, const BenchReport& report) {
  constexpr std::int64_t kSteps = 5;
  std::string text;
  const nlohmann::ordered_json facts = report.json().at("facts");
  for (const auto& [name, value] : facts.items()) text += "# " + name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  const auto add = [&](const std::string& title, StepTiming timing) {
    stepper.run(kSteps, next, nullptr, timing);  // on a GPU, the first steps end with recording
    text += "\n" + profile_text(title, profile(experiment.compute.device, [&] { stepper.run(kSteps, next, nullptr, timing); }), kSteps);
  };
  add("launched steps", StepTiming::kParts);
  if (can_record(experiment.compute.device) && experiment.config.train.cuda_graph == GraphMode::kAuto) add("recorded steps", StepTiming::kWhole);
  return text;
}

void add_series(BenchReport& report, const std::string& section, const Series& series) {
  struct Part {
    const char* name;
    double StepTimes::*seconds;
  };
  constexpr std::array<Part, 5> kParts = {{{"input", &StepTimes::input},
                                           {"forward", &StepTimes::forward},
                                           {"loss", &StepTimes::loss},
                                           {"backward", &StepTimes::backward},
                                           {"update", &StepTimes::update}}};
  report.add_times(section, "step", series.step);
  report.add_times(section, "waiting_for_data", series.waiting);
  if (series.parts.front().empty()) return;
  for (const Part& part : kParts) {
    std::vector<double> seconds;
    for (const StepLaps& laps : series.parts) seconds.push_back(laps.times().*part.seconds);
    report.add_times(section, part.name, seconds);
  }
}

/// Adds the achieved rate and the best rate of the machine in units of `unit`, and their ratio.
void add_rate(BenchReport& report, const std::string& section, double achieved, const Measurement& best, double unit, const std::string& name) {
  report.add(section, "achieved", achieved / unit, name);
  report.add(section, "best", in_units(best, unit), name);
  report.add(section, "achieved_over_best", achieved / best.median, "");
}

void add_arithmetic(BenchReport& report, const Flops& flops, const Batch& batch, double images, const Measurement& step, const PeakRate& peak) {
  const double an_image = flops.training() / static_cast<double>(batch.images.size(0));
  const double achieved = an_image * images / step.median;
  const PeakRate::Best best = peak.best();
  report.add("arithmetic", "an_image", an_image / 1e9, "GFLOP");
  add_rate(report, "arithmetic", achieved, best.rate, 1e9, "GFLOP/s");
  report.fact("best rate", best.name);
}

void add_traffic(BenchReport& report, std::int64_t bytes_a_step, const Measurement& step, const PeakRate& peak) {
  report.add("traffic", "a_step", static_cast<double>(bytes_a_step) / kGigabyte, "GB");
  add_rate(report, "traffic", static_cast<double>(bytes_a_step) / step.median, peak.copy(), kGigabyte, "GB/s");
}

/// Like GradientSum: all buckets at the same time, in a separate group.
std::vector<double> seconds_of_sums(const Model& model, const Communicator& ranks, const Repeats& repeats) {
  const Communicator group = ranks.group("sum alone");
  std::vector<torch::Tensor> buckets;
  for (const std::vector<torch::Tensor>& bucket : gradient_buckets(model.parameters())) {
    std::int64_t values = 0;
    for (const torch::Tensor& parameter : bucket) values += parameter.numel();
    buckets.push_back(torch::zeros({values}, bucket.front().options().requires_grad(false)));
  }
  return measure(repeats, [&] {
    std::vector<std::function<void()>> waits;
    for (const torch::Tensor& bucket : buckets) waits.push_back(group.start_sum(bucket));
    for (const std::function<void()>& wait : waits) wait();
    wait_for(buckets.front().device());
  });
}

/// Adds the cost of communication between ranks; `resident`: peak of this rank in bytes. All ranks must call it.
void add_rank_times(BenchReport& report, const Series& series, std::int64_t resident, const Experiment& experiment, const Repeats& repeats) {
  std::vector<double> waits;  // time after backward spent waiting for messages of the other ranks
  for (const StepLaps& laps : series.parts) waits.push_back(laps.times().ranks);
  const double waiting = measurement_of(waits).median;
  const std::vector<double> alone = seconds_of_sums(experiment.learner->model(), experiment.ranks, repeats);
  report.add("ranks", "waiting", waiting * 1e3, "ms");
  report.add("ranks", "waiting_over_step", waiting / measurement_of(series.step).median, "");
  report.add("ranks", "bytes_a_step", measurement_of(series.bytes).median / kMegabyte, "MB");
  report.add_times("ranks", "sum_alone", alone);
  report.add("ranks", "hidden", 1.0 - waiting / measurement_of(alone).median, "");
  const torch::Tensor resident_of_all = torch::full({1}, resident, torch::kInt64);
  experiment.ranks.sum(resident_of_all);
  report.add("ranks", "peak_resident_of_all", static_cast<double>(resident_of_all.item<std::int64_t>()) / kMegabyte, "MB");
}

}  // namespace

BenchReport bench_train(const TrainBench& bench, const Communicator& ranks) {
  const BenchSetup setup(bench.source, ranks);
  const auto experiment = setup.build();
  BenchReport report("train");
  add_facts(report, *experiment);
  Stepper stepper(*experiment);
  const Batch batch = synthetic_batch(*experiment);
  const auto same = [&]() -> const Batch& { return batch; };
  const Flops flops = count_flops([&] { forward_pass(*experiment, batch); });
  const std::int64_t traffic = count_traffic([&] { stepper.run(1, same, nullptr, StepTiming::kParts); });

  // The machine's clock drifts: therefore the best rate is measured between the series, and synthetic steps before and after the others.
  Series synthetic;
  std::optional<Series> loaded;
  stepper.run(bench.steps.warmup, same, nullptr);
  const std::int64_t resident = peak_resident_bytes();  // before the measurement of the best rate allocates its matrices
  const bool gpu = experiment->compute.device.is_cuda();
  const std::int64_t on_device = gpu ? device_bytes_of_steps(experiment->compute.device, stepper, same) : 0;
  PeakRate peak(experiment->compute, bench.largest_product);
  peak.sample();
  stepper.run((bench.steps.runs + 1) / 2, same, &synthetic);
  peak.sample();
  if (!bench.synthetic_only) {
    loaded = end_to_end(*experiment, stepper, bench.steps);
    report.fact("data", experiment->config.data.dataset + ", " + std::to_string(experiment->train_set->size()) + " training images");
    report.fact("cache", config::name_of(experiment->config.data.cache, kCacheKinds));
    report.fact("workers", worker_threads(experiment->config.data.workers));
    peak.sample();
    stepper.run(1, same, nullptr);
  }
  stepper.run(bench.steps.runs / 2, same, &synthetic);
  peak.sample();

  if (gpu) {
    Series parts;
    stepper.run(bench.steps.runs, same, &parts, StepTiming::kParts);
    synthetic.parts = parts.parts;
    report.fact("parts", "by the device's clock, for steps that are launched operation by operation");
  }

  const Measurement step = measurement_of(synthetic.step);
  report.add("synthetic", "images_per_second", measurement_of(rates(synthetic.step, stepper.images())), "1/s");
  add_series(report, "synthetic", synthetic);
  if (loaded) {
    const double mean = measurement_of(loaded->step).mean;
    report.add("end_to_end", "images_per_second", stepper.images() / mean, "1/s");
    add_series(report, "end_to_end", *loaded);
    report.add("end_to_end", "over_synthetic", step.mean / mean, "");
  }
  add_arithmetic(report, flops, batch, stepper.images() / static_cast<double>(ranks.world_size()), step, peak);
  add_traffic(report, traffic, step, peak);
  if (ranks.several()) add_rank_times(report, synthetic, resident, *experiment, bench.steps);
  report.add("memory", "peak_resident", static_cast<double>(resident) / kMegabyte, "MB");
  if (gpu) report.add("memory", "peak_device", static_cast<double>(on_device) / kMegabyte, "MB");
  if (!bench.profile.empty()) {
    const std::string text = profile_of_steps(*experiment, stepper, same, report);
    if (ranks.is_first()) write_file_atomic(bench.profile, text);
  }
  return report;
}

}  // namespace seg
