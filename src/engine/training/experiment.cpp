#include "engine/training/experiment.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/app.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "config/print.hpp"
#include "core/state.hpp"
#include "data/cache/cache.hpp"
#include "data/dataset_registry.hpp"
#include "data/image_io.hpp"
#include "data/statistics.hpp"
#include "engine/checkpoints/checkpoint.hpp"
#include "losses/loss_registry.hpp"
#include "models/weights.hpp"
#include "report/run/console.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

namespace {

/// Looks at the first frame. A broken one is not reported here but when it is read.
void advise_on_size(const RunConfig& config, const FileDataset& frames) {
  try {
    const std::string advice = size_advice(config, read_image_size(frames.pair(0).image, config.data.max_pixels));
    if (!advice.empty()) spdlog::warn("{}", advice);
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kData) throw;
  }
}

/// The splits that training and validation read.
struct Splits {
  std::shared_ptr<const FileDataset> train;
  std::shared_ptr<const FileDataset> val;  // null if the data set has none
  std::shared_ptr<const Dataset> training_samples, validation_samples;
};

Splits open_splits(const RunConfig& config) {
  Splits splits;
  splits.train = open_files(config.data, "train", training_frame(config));
  const std::vector<std::string> names = split_names(config.data);
  if (std::find(names.begin(), names.end(), "val") != names.end()) splits.val = open_files(config.data, "val", evaluation_frame(config));
  const ClassTable& classes = splits.train->classes();
  spdlog::info("data: {} in {}: {} training and {} validation images, {} classes", config.data.dataset, config.data.root, splits.train->size(),
               splits.val ? splits.val->size() : 0, classes.size());
  advise_on_size(config, *splits.train);
  for (std::size_t id = 0; id < classes.size(); ++id)
    spdlog::info("  class {:>2} {} (id {} in the files)", id, classes[id].name, classes[id].file_id);
  return splits;
}

/// Makes the splits read through data.cache, if there is one, and returns the cache.
std::shared_ptr<SampleCache> open_caches(const DataOptions& data, Splits& splits) {
  std::vector<const FileDataset*> sets{splits.train.get()};
  if (splits.val) sets.push_back(splits.val.get());
  auto cache = open_cache(data, sets, user_cache_folder() / "samples");
  splits.training_samples = splits.train;
  splits.validation_samples = splits.val;
  if (!cache) return cache;
  splits.training_samples = std::make_shared<CachedDataset>(splits.train, cache);
  if (splits.val) splits.validation_samples = std::make_shared<CachedDataset>(splits.val, cache);
  return cache;
}

std::int64_t iterations_an_epoch(const RunConfig& config, std::int64_t images) {
  const TrainOptions& train = config.train;
  const std::int64_t iterations = images / (train.batch_size * train.accumulate);
  at(config, {"train.batch_size", "train.accumulate"}, [&] {
    if (iterations > 0) return;
    throw Error(ErrorKind::kConfiguration,
                "the training split has " + std::to_string(images) + " images, fewer than one step needs (train.batch_size " +
                    std::to_string(train.batch_size) + " x train.accumulate " + std::to_string(train.accumulate) + ")",
                "lower train.batch_size or train.accumulate, or add images");
  });
  return iterations;
}

/// Whether the checkpoint has the classes of the model. If it names no classes, they count as the same.
bool has_same_classes(const std::string& checkpoint, const ClassTable& classes) {
  const auto file = open_tensor_file(checkpoint);
  const auto found = file->metadata().find("classes");
  if (found == file->metadata().end()) return true;
  return classes_from_json(found->second) == classes;
}

struct Network {
  std::shared_ptr<Model> model;
  std::set<std::string> fresh;  // backbone parameters that the initial weights do not contain; empty without initial weights
};

/// The backbone's parameters that were not loaded.
std::set<std::string> fresh_parameters(const Model& model, const WeightReport& report) {
  std::set<std::string> fresh;
  for (const auto& parameter : model.named_parameters())
    if (parameter.key().starts_with("backbone.") && !std::ranges::binary_search(report.loaded, parameter.key())) fresh.insert(parameter.key());
  return fresh;
}

/// Shows the progress of a download, in megabytes.
DownloadProgress download_bar() {
  constexpr std::int64_t kMega = 1'000'000;
  const auto bar = std::make_shared<std::optional<ProgressBar>>();  // made with the first bytes, which start its clock
  return [bar](std::int64_t done, std::int64_t total) {
    if (!*bar) bar->emplace(0, "MB");
    (*bar)->show(done / kMega, total / kMega);
  };
}

/// Each rank of a machine looks for published weights itself: one downloads them, and the others wait for its file.
Network build_network(const RunConfig& config, const ClassTable& classes, const torch::Device& device, bool show_progress) {
  torch::manual_seed(seed_of({static_cast<std::uint64_t>(config.train.seed), 0x6d6f64656c}));
  Network network{build_model(config.model, static_cast<std::int64_t>(classes.size())), {}};
  const bool same_classes = config.model.init_from.empty() || has_same_classes(config.model.init_from, classes);
  if (const auto report = load_initial_weights(*network.model, config.model, same_classes, show_progress ? download_bar() : nullptr)) {
    spdlog::info("{}", describe(*report));
    network.fresh = fresh_parameters(*network.model, *report);
  }
  network.model->to(device);
  for (torch::Tensor& parameter : network.model->parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  return network;
}

/// Nothing if neither the loss nor the sampling needs them.
std::optional<LabelStatistics> count_labels(const RunConfig& config, const FileDataset& train_set) {
  if (!needs_label_statistics(config)) return std::nullopt;
  spdlog::info("class statistics of the training labels: counted once, then stored in {}", statistics_cache_file(config.data).string());
  return cached_statistics(train_set, config.data, statistics_cache_file(config.data));
}

/// Null for uniform sampling. Logs how often each class is drawn, and which classes never are.
std::shared_ptr<const RareClassSampling> build_sampling(const RunConfig& config, const std::optional<LabelStatistics>& statistics,
                                                        const ClassTable& classes) {
  if (!statistics) return nullptr;
  auto sampling = make_sampling(*statistics, config.data, config.augment.crop);
  if (!sampling) return sampling;
  std::string drawn, left_out;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::string& list = sampling->images()[c].empty() ? left_out : drawn;
    list += (list.empty() ? "" : ", ") + classes[c].name;
    if (!sampling->images()[c].empty())
      list += fmt::format(" {:.1f} % ({} images)", 100.0 * sampling->probabilities()[c], sampling->images()[c].size());
  }
  spdlog::info("data.sampling: rare_class: share of the samples drawn for each class: {}", drawn);
  if (!left_out.empty())
    spdlog::warn("data.sampling: rare_class: no image is drawn for {}: no training image has enough pixels of it (data.rare_class_share)", left_out);
  return sampling;
}

Learner::Losses build_losses(const RunConfig& config, const std::optional<LabelStatistics>& statistics, const ClassTable& classes,
                             const torch::Device& device) {
  LossContext context{device, names_of(classes)};
  if (needs_statistics(config.loss)) context.statistics = *statistics;
  return {build_loss(config.loss, context), config.model.auxiliary ? build_loss(config.loss, context) : nullptr};
}

SampleTransform build_transform(const RunConfig& config, const torch::Device& device) {
  const ClassTable classes = load_classes(config.data);
  SampleTransform transform;
  at(config, {"augment.rare_classes"}, [&] {
    transform =
        training_transform(config.augment, config.data.size, classes, config.model.input, resolve_augment_device(config.augment.device, device));
  });
  return transform;
}

/// Each rank needs an equal part of the batch, and batch norm needs more than one value per channel in that part.
void check_parts(const RunConfig& config, std::int64_t ranks) {
  const std::int64_t batch = config.train.batch_size;
  if (batch % ranks != 0)
    throw Error(ErrorKind::kConfiguration,
                "train.batch_size is " + std::to_string(batch) + ", which cannot be divided equally among " + std::to_string(ranks) + " processes",
                "set it to a multiple of " + std::to_string(ranks) + ", or change the number of processes");
  const bool apart = config.model.batch_norm == BatchNormScope::kLocal;
  if (apart && ranks > 1 && batch / ranks < 2)
    throw Error(ErrorKind::kConfiguration,
                "train.batch_size " + std::to_string(batch) + " over " + std::to_string(ranks) +
                    " processes gives each process one image, and batch norm only one value per channel",
                "raise train.batch_size to " + std::to_string(2 * ranks) + ", or set model.batch_norm: synchronized");
}

/// Refuses what this number of processes cannot do together.
void check_ranks(const RunConfig& config, const torch::Device& device, std::int64_t ranks) {
  at(config, {"train.batch_size"}, [&] { check_parts(config, ranks); });
  at(config, {"train.allreduce"}, [&] {
    if (config.train.allreduce == AllReduce::kBf16 && ranks > 1 && !Communicator::sums(torch::kBFloat16, device))
      throw Error(ErrorKind::kConfiguration, "train.allreduce: bf16 works only between GPUs", "set train.allreduce: fp32");
  });
}

/// Calls `make` on every rank, but first on the first rank of each machine. The others then find its results on disk.
template <class Make>
auto once_a_machine(const Communicator& ranks, const Make& make) {
  if (!ranks.is_first_here()) ranks.barrier();
  auto made = make();
  if (ranks.is_first_here()) ranks.barrier();
  return made;
}

/// Identifies a pair of files without reading them.
std::string line_of(const FilePair& pair) {
  std::error_code ignored;
  return pair.id + " " + std::to_string(fs::file_size(pair.image, ignored)) + " " + std::to_string(fs::file_size(pair.labels, ignored));
}

/// Checks that all ranks have the same program, configuration and files.
void check_equal(const RunConfig& config, const Splits& splits, const Communicator& ranks) {
  if (!ranks.several()) return;
  ranks.require_equal("program", version_text() + "\n" + compute_versions());
  ranks.require_equal("configuration", config::to_yaml(config));
  for (const auto& [name, split] : {std::pair("training images", splits.train.get()), std::pair("validation images", splits.val.get())}) {
    std::string files;
    for (std::int64_t i = 0; split != nullptr && i < split->size(); ++i) files += line_of(split->pair(i)) + "\n";
    ranks.require_equal(std::string("list of ") + name, files);
  }
}

}  // namespace

std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device, const Communicator& ranks) {
  check_run_config(config);
  const Compute compute = compute_on(resolve_device(device, ranks.launch()), config.train.precision);
  check_ranks(config, compute.device, ranks.world_size());
  SampleTransform transform = build_transform(config, compute.device);
  const std::int64_t threads = set_compute_threads(config.train.threads, compute.device);
  set_deterministic(config.train.deterministic);
  spdlog::info("{} on {}, {} threads, {}", compute_versions(), compute.device.str(), threads,
               compute.precision == torch::kBFloat16 ? "bf16" : "fp32");
  Splits splits = open_splits(config);
  const std::int64_t an_epoch = iterations_an_epoch(config, splits.train->size());
  const std::int64_t iterations = config.train.iterations > 0 ? config.train.iterations : config.train.epochs * an_epoch;
  const Network network = build_network(config, splits.train->classes(), compute.device, ranks.is_first());
  check_equal(config, splits, ranks);
  if (ranks.several()) ranks.require_equal("start", digest_lines(model_state(*network.model)));
  const ClassTable& classes = splits.train->classes();
  const std::optional<LabelStatistics> statistics = once_a_machine(ranks, [&] { return count_labels(config, *splits.train); });
  const auto sampling = build_sampling(config, statistics, classes);
  if (sampling && ranks.several()) ranks.require_equal("drawing of rare classes", sampling->digest());
  Learner::Losses losses;
  at(config, {"loss.weighted_ce.weights"}, [&] { losses = build_losses(config, statistics, classes, compute.device); });
  auto learner = std::make_unique<Learner>(config, iterations, compute, network.model, std::move(losses), network.fresh, ranks);
  once_a_machine(ranks, [&] { return open_caches(config.data, splits); });
  return std::unique_ptr<Experiment>(new Experiment{config, ranks, compute, threads, splits.train, splits.val, splits.training_samples,
                                                    splits.validation_samples, sampling, std::move(transform), an_epoch, iterations,
                                                    std::move(learner)});
}

std::string size_advice(const RunConfig& config, const Size& frame) {
  const Size& size = config.data.size;
  const bool exchanged = (frame.width - frame.height) * (size.width - size.height) < 0;  // one is wide, the other tall
  const std::string both = "data.size is " + to_string(size) + ", frames are " + to_string(frame) + " (height x width): ";
  const std::string order = exchanged ? "; are height and width swapped?" : "";
  if (!config.augment.crop) return exchanged ? both + "they are distorted" + order : "";
  const std::vector<double>& steps = config.augment.scale.steps;
  const double scale = steps.empty() ? config.augment.scale.max : std::ranges::max(steps);
  const auto exceeds = [&](std::int64_t side, std::int64_t frame_side) {
    return static_cast<double>(side) > scale * static_cast<double>(frame_side);
  };
  if (!exceeds(size.height, frame.height) && !exceeds(size.width, frame.width)) return "";
  return both + "every crop is padded with ignored pixels" + order;
}

}  // namespace seg
