#include "engine/experiment.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "config/print.hpp"
#include "core/compute.hpp"
#include "data/cache/cache.hpp"
#include "data/image_io.hpp"
#include "data/statistics.hpp"
#include "engine/size_advice.hpp"
#include "engine/training/checkpoint.hpp"
#include "models/weights.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

namespace {

std::vector<std::string> names_of(const ClassTable& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& info : classes) names.push_back(info.name);
  return names;
}

/// By the first frame; a broken one is told of where it is read.
void advise_on_size(const RunConfig& config, const FileDataset& frames) {
  try {
    const std::string advice = size_advice(config, read_image_size(frames.pair(0).image, config.data.max_pixels));
    if (!advice.empty()) spdlog::warn("{}", advice);
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kData) throw;
  }
}

void open_splits(Experiment& experiment) {
  const DataOptions& data = experiment.config.data;
  experiment.train_set = open_files(data, "train", training_frame(experiment.config.augment, data.size));
  const std::vector<std::string> splits = split_names(data);
  if (std::find(splits.begin(), splits.end(), "val") != splits.end())
    experiment.val_set = open_files(data, "val", evaluation_frame_of(experiment.config));
  spdlog::info("data: {} in {}: {} training and {} validation images, {} classes", data.dataset, data.root, experiment.train_set->size(),
               experiment.val_set ? experiment.val_set->size() : 0, experiment.classes().size());
  advise_on_size(experiment.config, *experiment.train_set);
  for (std::size_t id = 0; id < experiment.classes().size(); ++id)
    spdlog::info("  class {:>2} {} (id {} in the files)", id, experiment.classes()[id].name, experiment.classes()[id].file_id);
}

void count_iterations(Experiment& experiment) {
  const TrainOptions& train = experiment.config.train;
  const std::int64_t images = experiment.train_set->size();
  experiment.iterations_per_epoch = images / (train.batch_size * train.accumulate);
  if (experiment.iterations_per_epoch == 0)
    throw Error(ErrorKind::kConfiguration,
                "the training split has " + std::to_string(images) + " images, fewer than one step takes (train.batch_size " +
                    std::to_string(train.batch_size) + " x train.accumulate " + std::to_string(train.accumulate) + ")",
                "lower train.batch_size or train.accumulate, or add images");
  experiment.iterations = train.iterations > 0 ? train.iterations : train.epochs * experiment.iterations_per_epoch;
}

/// Whether the checkpoint's classes, where it names them, are those of the model.
bool has_same_classes(const std::string& checkpoint, const ClassTable& classes) {
  const auto file = open_tensor_file(checkpoint);
  const auto found = file->metadata().find("classes");
  if (found == file->metadata().end()) return true;
  return classes_from_json(found->second) == classes;
}

void build_network(Experiment& experiment) {
  const RunConfig& config = experiment.config;
  torch::manual_seed(seed_of({static_cast<std::uint64_t>(config.train.seed), 0x6d6f64656c}));
  experiment.model = build_model(config.model, static_cast<std::int64_t>(experiment.classes().size()));
  const bool same_classes = config.model.init_from.empty() || has_same_classes(config.model.init_from, experiment.classes());
  if (const auto report = load_initial_weights(*experiment.model, config.model, same_classes)) spdlog::info("{}", describe(*report));
  experiment.model->to(experiment.compute.device);
  for (torch::Tensor& parameter : experiment.model->parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
}

void build_losses(Experiment& experiment) {
  const RunConfig& config = experiment.config;
  LossContext context{names_of(experiment.classes()), config.model.align_corners, std::nullopt};
  if (needs_statistics(config.loss)) {
    spdlog::info("class statistics of the training labels: counted once, then kept in {}", statistics_cache_file(config.data).string());
    context.statistics = cached_statistics(*experiment.train_set, config.data, statistics_cache_file(config.data));
  }
  experiment.loss = build_loss(config.loss, context);
  if (config.model.auxiliary) experiment.auxiliary_loss = build_loss(config.loss, context);
}

/// What evaluation makes of frames: one decision for what is done while decoding and what after.
EvaluationSize evaluation_size_of(const RunConfig& config) {
  const bool resized = config.eval.input == "resized" || (config.eval.input == "auto" && !config.augment.crop);
  if (!resized) return EvaluationSize::kNative;
  return config.eval.size == "labels" ? EvaluationSize::kImageResized : EvaluationSize::kBothResized;
}

/// segtrain's folder for what can be made again.
fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  return root / "segtrain";
}

}  // namespace

std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device) {
  check_run_config(config);
  auto experiment = std::make_unique<Experiment>();
  experiment->config = config;
  experiment->transform = training_transform(config.augment, config.data.size, load_classes(config.data));
  experiment->compute.device = resolve_device(device);
  experiment->compute.precision = resolve_precision(config.train.precision, experiment->compute.device);
  experiment->threads = set_compute_threads(config.train.threads);
  set_deterministic(config.train.deterministic);
  spdlog::info("{} on {}, {} threads, {}", compute_versions(), experiment->compute.device.str(), experiment->threads,
               experiment->compute.precision == torch::kBFloat16 ? "bf16" : "fp32");
  open_splits(*experiment);
  count_iterations(*experiment);
  build_network(*experiment);
  build_losses(*experiment);
  experiment->groups = make_groups(*experiment->model, config.optimizer);
  experiment->optimizer = build_optimizer(config.optimizer, experiment->groups);
  if (config.train.ema > 0) experiment->ema = std::make_unique<Ema>(*experiment->model, config.train.ema);
  return experiment;
}

void open_caches(Experiment& experiment) {
  std::vector<const FileDataset*> sets{experiment.train_set.get()};
  if (experiment.val_set) sets.push_back(experiment.val_set.get());
  const auto cache = open_cache(experiment.config.data, sets, cache_folder() / "samples");
  if (!cache) return;
  experiment.cached_train_set = std::make_unique<CachedDataset>(*experiment.train_set, cache);
  if (experiment.val_set) experiment.cached_val_set = std::make_unique<CachedDataset>(*experiment.val_set, cache);
}

SampleTransform evaluation_transform_of(const RunConfig& config) { return evaluation_transform(evaluation_size_of(config), config.data.size); }

FrameSize evaluation_frame_of(const RunConfig& config) { return evaluation_frame(evaluation_size_of(config), config.data.size); }

std::int64_t loader_workers(const DataOptions& options) { return options.workers > 0 ? options.workers : available_cores(); }

fs::path statistics_cache_file(const DataOptions& data) {
  DataOptions key = data;
  key.cache = "none";  // how frames are kept changes no count
  key.cache_gb = 0.0;
  key.cache_dir.clear();
  Digest digest;
  digest.update(config::to_yaml(key));
  return cache_folder() / "class_statistics" / (digest.hex() + ".json");
}

}  // namespace seg
