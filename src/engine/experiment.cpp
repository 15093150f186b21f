#include "engine/experiment.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "base/safetensors.hpp"
#include "config/print.hpp"
#include "core/compute.hpp"
#include "data/normalize.hpp"
#include "data/statistics.hpp"
#include "engine/checkpoint.hpp"
#include "models/weights.hpp"

namespace seg {

namespace {

std::vector<std::string> names_of(const ClassTable& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& info : classes) names.push_back(info.name);
  return names;
}

void open_splits(Experiment& experiment) {
  const DataOptions& data = experiment.config.data;
  experiment.train_set = open_files(data, "train");
  const std::vector<std::string> splits = split_names(data);
  if (std::find(splits.begin(), splits.end(), "val") != splits.end()) experiment.val_set = open_files(data, "val");
  spdlog::info("data: {} in {}: {} training and {} validation images, {} classes", data.dataset, data.root, experiment.train_set->size(),
               experiment.val_set ? experiment.val_set->size() : 0, experiment.classes().size());
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
  const SafetensorsFile file(checkpoint);
  const auto found = file.metadata().find("classes");
  if (found == file.metadata().end()) return true;
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

}  // namespace

void check_run_config(const RunConfig& config) {
  if (config.train.iterations == 0 && config.train.epochs == 0)
    throw Error(ErrorKind::kConfiguration, "neither train.iterations nor train.epochs is set", "set one, such as train.epochs: 25");
  if (config.train.iterations > 0 && config.train.epochs > 0)
    throw Error(ErrorKind::kConfiguration, "train.iterations and train.epochs are both set", "set one of them to 0");
  if ((config.eval.window.height == 0) != (config.eval.window.width == 0))
    throw Error(ErrorKind::kConfiguration, "eval.window needs both sides", "use [0, 0] for the whole image at once");
  if (config.eval.scales.empty()) throw Error(ErrorKind::kConfiguration, "eval.scales is empty", "use [1.0]");
  if (config.eval.size == "input" && config.eval.input == "native")
    throw Error(ErrorKind::kConfiguration, "eval.size: input scores resized frames, but eval.input: native does not resize",
                "set eval.input: resized, or eval.size: labels");
  check_model(config.model);
  check(config.augment.normalize);
  check_batch_norm(config.model, config.train.batch_size, config.data.size.height, config.data.size.width);
}

std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device) {
  check_run_config(config);
  auto experiment = std::make_unique<Experiment>();
  experiment->config = config;
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

SampleTransform evaluation_transform_of(const RunConfig& config) {
  const bool resized = config.eval.input == "resized" || (config.eval.input == "auto" && !config.augment.crop);
  if (!resized) return evaluation_transform(EvaluationSize::kNative, config.data.size);
  return evaluation_transform(config.eval.size == "labels" ? EvaluationSize::kImageResized : EvaluationSize::kBothResized, config.data.size);
}

std::int64_t loader_workers(const DataOptions& options) { return options.workers > 0 ? options.workers : available_cores(); }

fs::path statistics_cache_file(const DataOptions& data) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  Digest digest;
  digest.update(config::to_yaml(data));
  return root / "segtrain" / "class_statistics" / (digest.hex() + ".json");
}

}  // namespace seg
