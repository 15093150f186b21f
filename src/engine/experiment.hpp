// All parts of a run, built from its configuration; the only reader of the whole configuration.
#pragma once

#include <filesystem>
#include <memory>

#include "data/augment/transforms.hpp"
#include "data/file_dataset.hpp"
#include "engine/evaluation/inference.hpp"
#include "engine/run_config.hpp"
#include "losses/loss.hpp"
#include "optim/ema.hpp"
#include "optim/optimizer.hpp"

namespace seg {

struct Experiment {
  RunConfig config;
  Compute compute;
  std::int64_t threads = 0;
  SampleTransform transform;  // of the training samples
  std::unique_ptr<FileDataset> train_set;
  std::unique_ptr<FileDataset> val_set;                       // null where the set has no val split
  std::unique_ptr<Dataset> cached_train_set, cached_val_set;  // the same through data.cache; null before open_caches
  std::shared_ptr<Model> model;
  std::unique_ptr<Loss> loss;
  std::unique_ptr<Loss> auxiliary_loss;  // null unless the model has an auxiliary head
  std::vector<ParameterGroup> groups;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Ema> ema;  // null where train.ema is 0
  std::int64_t iterations = 0;
  std::int64_t iterations_per_epoch = 0;

  const ClassTable& classes() const { return train_set->classes(); }
  /// Where a loader takes its samples from.
  const Dataset& training_samples() const { return cached_train_set ? *cached_train_set : *train_set; }
  const Dataset& validation_samples() const { return cached_val_set ? *cached_val_set : *val_set; }
};

/// Lists the data, counts class statistics where the loss wants them (cached), builds and initialises the model from
/// train.seed, loads pretrained weights. Logs what it found. Throws Error of any kind but kInternal.
std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device);

/// Puts data.cache between files and loaders. For runs that go over the data more than once.
void open_caches(Experiment& experiment);

/// What evaluation of `config` makes of an image before the network sees it.
SampleTransform evaluation_transform_of(const RunConfig& config);

/// The part of it that can be done while decoding: for open_files.
FrameSize evaluation_frame_of(const RunConfig& config);

/// Workers for the loader: data.workers, or one a core.
std::int64_t loader_workers(const DataOptions& options);

/// The file that keeps the class statistics of this data between runs.
std::filesystem::path statistics_cache_file(const DataOptions& data);

}  // namespace seg
