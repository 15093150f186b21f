#include "engine/commands/dry_run.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "data/collate.hpp"
#include "data/image_io.hpp"
#include "data/loader.hpp"
#include "data/statistics.hpp"
#include "engine/process.hpp"
#include "engine/training/trainer.hpp"
#include "predict/inference.hpp"
#include "report/run/console.hpp"

namespace seg {

namespace {

double training_seconds(const Experiment& experiment) {
  LoaderOptions options = training_loader(experiment, 0);
  options.batches = experiment.config.train.accumulate;
  DataLoader loader(experiment.train_set, experiment.transform, options);
  std::vector<Batch> batches;
  while (const auto samples = loader.next()) batches.push_back(collate(*samples));
  const auto step = [&] {
    if (!experiment.learner->step(batches, 0).finite())
      throw Error(ErrorKind::kNonFinite, "the loss or its gradient is not finite in the first step",
                  "lower optimizer.lr or try train.precision=fp32");
  };
  step();
  return seconds_of(step);
}

/// The image with the most pixels according to its header, as evaluation sees it. With data.on_error: skip, the largest one that is not broken.
Sample largest_sample(const Experiment& experiment) {
  const FileDataset& dataset = *experiment.val_set;
  std::vector<std::pair<std::int64_t, std::int64_t>> by_size;  // pixels, index
  const auto unless_broken = [&](const auto& read) {
    try {
      read();
      return true;
    } catch (const Error& error) {
      if (error.kind != ErrorKind::kData || !experiment.config.data.skip_broken()) throw;
      return false;
    }
  };
  for (std::int64_t i = 0; i < dataset.size(); ++i)
    unless_broken([&] {
      const Size size = read_image_size(dataset.pair(i).image, dataset.max_pixels());
      by_size.emplace_back(size.height * size.width, i);
    });
  std::sort(by_size.rbegin(), by_size.rend());
  Sample sample;
  for (const auto& [pixels, index] : by_size)
    if (unless_broken([&] { sample = dataset.get(index); })) return sample;
  throw Error(ErrorKind::kData, "every image of the val split is broken", "run 'segdata check'");
}

/// Seconds for the largest image, and its size as the network sees it.
std::pair<double, Size> evaluation_seconds(const Experiment& experiment) {
  const RunConfig& config = experiment.config;
  const Sample sample = largest_sample(experiment);
  const Inference inference(experiment.learner->model(), config.model, config.eval, experiment.compute);
  const Batch batch = collate({sample});
  const double seconds = seconds_of([&] { inference.predict(batch.images, {batch.labels.size(1), batch.labels.size(2)}).cpu(); });
  return {seconds, {sample.image.rows, sample.image.cols}};
}

std::string what_was_written(const RunConfig& config) {
  if (!needs_label_statistics(config)) return "nothing was trained or written\n";
  return "nothing was trained; only the class statistics were written, to " + statistics_cache_file(config.data).string() + "\n";
}

}  // namespace

std::string dry_run(const Experiment& experiment) {
  const double step = training_seconds(experiment);
  const auto iterations = static_cast<double>(experiment.iterations);
  std::string text = fmt::format("training: {:.3f} s per step of {} x {} images {}, {} steps\n", step, experiment.config.train.accumulate,
                                 experiment.config.train.batch_size, to_string(experiment.config.data.size), experiment.iterations);
  double total = step * iterations;
  if (experiment.val_set) {
    const auto [seconds, size] = evaluation_seconds(experiment);
    const std::int64_t interval = experiment.config.train.val_interval > 0 ? experiment.config.train.val_interval : experiment.iterations_per_epoch;
    const double validations = std::ceil(iterations / static_cast<double>(interval));
    total += validations * seconds * static_cast<double>(experiment.val_set->size());
    text += fmt::format("validation: {:.3f} s for the largest image {}, {} images, {:.0f} times\n", seconds, to_string(size),
                        experiment.val_set->size(), validations);
  }
  text += fmt::format("whole run: about {} (h:mm:ss), not counting the time that steps wait for data\n", duration_text(total));
  const torch::Device device = experiment.compute.device;
  return text + memory_line(device, device_memory(device), peak_resident_bytes()) + what_was_written(experiment.config);
}

std::string memory_line(const torch::Device& device, const std::optional<DeviceMemory>& memory, std::int64_t host_bytes) {
  const auto gigabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0); };
  if (!memory) return fmt::format("peak memory: {:.2f} GB\n", gigabytes(host_bytes));
  return fmt::format("peak memory: {:.2f} GB of {:.2f} on {}, {:.2f} GB on the host\n", gigabytes(memory->peak),
                     gigabytes(memory->used + memory->free), device.str(), gigabytes(host_bytes));
}

}  // namespace seg
