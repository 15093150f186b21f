// Builds all parts of a run from its configuration.
#pragma once

#include <memory>

#include "data/augment/transforms.hpp"
#include "data/file_dataset.hpp"
#include "data/sampling.hpp"
#include "engine/run_config.hpp"
#include "engine/training/learner.hpp"
#include "ranks/communicator.hpp"

namespace seg {

/// The parts of a run. Nothing changes after construction except the state of the learner.
struct Experiment {
  const RunConfig config;
  const Communicator ranks;  // the processes that train together
  const Compute compute;
  const std::int64_t threads;
  const std::shared_ptr<const FileDataset> train_set;
  const std::shared_ptr<const FileDataset> val_set;         // null if the data set has no val split
  const std::shared_ptr<const Dataset> training_samples;    // train_set, read through data.cache if there is one
  const std::shared_ptr<const Dataset> validation_samples;  // val_set, in the same way
  const std::shared_ptr<const RareClassSampling> sampling;  // of the training samples; null: uniform
  const SampleTransform transform;                          // of the training samples
  const std::int64_t iterations_per_epoch;
  const std::int64_t iterations;  // of the whole run
  const std::unique_ptr<Learner> learner;

  const ClassTable& classes() const { return train_set->classes(); }
};

/// Lists the data, opens data.cache, counts class statistics if the loss or data.sampling needs them (cached), builds and initialises the model
/// from train.seed, loads pretrained weights. Logs what it found. With several ranks, the first rank of each machine makes statistics and caches,
/// and all ranks start from rank 0's weights. Throws Error of any kind except kInternal.
std::unique_ptr<Experiment> build_experiment(const RunConfig& config, const std::string& device, const Communicator& ranks = {});

/// One line of advice if data.size is allowed for frames of this size but probably a mistake (crops larger than every frame, or height and width
/// swapped); "" if it is fine.
std::string size_advice(const RunConfig& config, const Size& frame);

}  // namespace seg
