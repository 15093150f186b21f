// The setup of a benchmark: a recipe or the default one, its data or a drawn data set, and the experiment built from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/report.hpp"
#include "engine/training/experiment.hpp"

namespace seg {

struct BenchSource {
  std::string config;                  // empty: DeepLabV3+ ResNet-18 at stride 16, recall loss, 12 classes, batches of 4 of 360x480
  std::vector<std::string> overrides;  // "key=value"
  std::int64_t draw = -1;              // street scenes drawn in the recipe's layout instead of reading data.root; 0: none; -1: only without config
  Size draw_size;                      // of the drawn images; 0x0: data.size
  std::string device = "auto";
};

/// A configuration that is ready to run, and a temporary folder for drawn and cached data.
class BenchSetup {
 public:
  /// A disk cache is created in the folder unless data.cache_dir sets another. The ranks of a machine share a folder. Throws like load_run_config and
  /// generate_dataset.
  explicit BenchSetup(const BenchSource& source, const Communicator& ranks = {});

  const RunConfig& config() const { return config_; }
  std::unique_ptr<Experiment> build() const { return build_experiment(config_, device_, ranks_); }
  const std::filesystem::path& folder() const { return folder_.path; }

 private:
  /// Rank 0 chooses the name; the first rank of each machine creates and removes the folder.
  struct Folder {
    explicit Folder(const Communicator& ranks);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path path;
    bool own;
  };

  void draw(std::int64_t count, Size size);

  Communicator ranks_;
  Folder folder_;
  RunConfig config_;
  std::string device_;
};

/// Random pixels and labels, the same for the same seed: u8 [n,height,width,3] and [n,height,width] with train ids below `classes`.
Batch random_batch(std::int64_t images, Size size, std::int64_t classes);

/// The batch, or this rank's part of it, for the experiment's synthetic steps.
Batch synthetic_batch(const Experiment& experiment);

/// The network's output for the batch in training mode.
ModelOutput forward_pass(const Experiment& experiment, const Batch& batch);

/// Times of a few steps on the batch, waiting for each before the next.
std::vector<double> step_seconds(const Experiment& experiment, const Batch& batch);

/// Adds versions, device, threads, precision, the network.
void add_facts(BenchReport& report, const RunConfig& config, const Compute& compute, std::int64_t threads, std::size_t classes);
/// The same, and processes, loss and batch.
void add_facts(BenchReport& report, const Experiment& experiment);

}  // namespace seg
