#include "engine/dry_run.hpp"

#include <spdlog/fmt/fmt.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>

#include "base/error.hpp"
#include "data/image_io.hpp"
#include "data/loader.hpp"
#include "data/transforms.hpp"
#include "engine/training_step.hpp"

namespace seg {

namespace {

template <class Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double peak_memory_gb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

double training_seconds(Experiment& experiment) {
  const RunConfig& config = experiment.config;
  LoaderOptions options;
  options.batch_size = config.train.batch_size;
  options.workers = loader_workers(config.data);
  options.seed = static_cast<std::uint64_t>(config.train.seed);
  options.shuffle = options.drop_last = true;
  options.batches = config.train.accumulate;
  DataLoader loader(*experiment.train_set, training_transform(config.augment, config.data.size, experiment.classes()), options);
  std::vector<Batch> batches;
  while (const auto samples = loader.next()) batches.push_back(collate(*samples));
  const auto step = [&] {
    if (!run_training_step(experiment, batches, 0).finite)
      throw Error(ErrorKind::kNonFinite, "the loss or its gradient is not finite in the first step",
                  "lower optimizer.lr or try train.precision=fp32");
  };
  step();
  return seconds_of(step);
}

/// The index of the image with the most pixels, from the headers.
std::int64_t largest_image(const FileDataset& dataset) {
  std::int64_t largest = 0, most = -1;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const Size size = read_image_size(dataset.pair(i).image, dataset.max_pixels());
    if (size.height * size.width <= most) continue;
    most = size.height * size.width;
    largest = i;
  }
  return largest;
}

/// Seconds for the largest image, and its size as the network sees it.
std::pair<double, Size> evaluation_seconds(Experiment& experiment) {
  const RunConfig& config = experiment.config;
  const Sample sample = evaluation_transform_of(config)(experiment.val_set->get(largest_image(*experiment.val_set)), 0);
  experiment.model->eval();
  const Inference inference(*experiment.model, config.model, config.augment.normalize, config.eval, experiment.compute);
  const Batch batch = collate({sample});
  const double seconds = seconds_of([&] { inference.predict(batch.images, {batch.labels.size(1), batch.labels.size(2)}); });
  return {seconds, {sample.image.rows, sample.image.cols}};
}

}  // namespace

std::string dry_run(Experiment& experiment) {
  const double step = training_seconds(experiment);
  const auto iterations = static_cast<double>(experiment.iterations);
  std::string text = fmt::format("training: {:.3f} s a step of {} x {} images {}, {} steps\n", step, experiment.config.train.accumulate,
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
  text += fmt::format("whole run: about {:.1f} hours\npeak memory: {:.2f} GB\nnothing was trained or written\n", total / 3600.0, peak_memory_gb());
  return text;
}

}  // namespace seg
