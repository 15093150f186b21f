// All parts of a run, built from its configuration.
#pragma once

#include <memory>

#include "data/augment/transforms.hpp"
#include "data/file_dataset.hpp"
#include "data/sampling.hpp"
#include "engine/run_config.hpp"
#include "engine/training/learner.hpp"
#include "ranks/communicator.hpp"

namespace seg {

/// Complete when built: nothing is changed from outside but what the learner learns.
struct Experiment {
  const RunConfig config;
  const Communicator ranks;  // who trains together
  const Compute compute;
  const std::int64_t threads;
  const std::shared_ptr<const FileDataset> train_set;
  const std::shared_ptr<const FileDataset> val_set;         // null where the set has no val split
  const std::shared_ptr<const Dataset> training_samples;    // train_set, through data.cache where there is one
  const std::shared_ptr<const Dataset> validation_samples;  // likewise
  const std::shared_ptr<const RareClassSampling> sampling;  // of the training samples; null: uniform
  const SampleTransform transform;                          // of the training samples
  const std::int64_t iterations_per_epoch;
  const std::int64_t iterations;  // of the whole run
  const std::unique_ptr<Learner> learner;

  const ClassTable& classes() const { return train_set->classes(); }
};

/// Lists the data, opens data.cache, counts class statistics where the loss or data.sampling wants them (cached), builds and initialises the model
/// from train.seed, loads pretrained weights. Logs what it found. With several ranks, statistics and caches are made by the first of each machine,
/// and all start from rank 0's weights. Throws Error of any kind but kInternal.
std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device, const Communicator& ranks = {});

/// Whether data.size suits frames of this size: one line on what is allowed, but probably not meant (crops that no frame fills, or a height and width
/// that were exchanged); "" where it does.
std::string size_advice(const RunConfig& config, const Size& frame);

}  // namespace seg
