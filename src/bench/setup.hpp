// What a benchmark runs on: a recipe or the default one, its own data or a drawn set, the experiment they make.
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

/// A configuration that is ready to run, and a folder for what is drawn and cached, which goes away with it.
class BenchSetup {
 public:
  /// A disk cache is made in the folder unless data.cache_dir names another. Several ranks share a folder a machine. Throws as load_run_config and
  /// generate_dataset do.
  explicit BenchSetup(const BenchSource& source, const Communicator& ranks = {});

  const RunConfig& config() const { return config_; }
  std::unique_ptr<Experiment> build() const { return build_experiment(config_, device_, ranks_); }
  const std::filesystem::path& folder() const { return folder_.path; }

 private:
  /// Rank 0 names it; the first rank of a machine makes it and removes it.
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

/// The batch, or this rank's part of one, that the experiment's synthetic steps train on.
Batch synthetic_batch(const Experiment& experiment);

/// What the network in training makes of the batch's images.
ModelOutput forward_pass(const Experiment& experiment, const Batch& batch);

/// Of a few steps on the batch, one waited for before the next.
std::vector<double> step_seconds(const Experiment& experiment, const Batch& batch);

/// Versions, device, threads, precision, the network.
void add_facts(BenchReport& report, const RunConfig& config, const Compute& compute, std::int64_t threads, std::size_t classes);
/// And processes, loss and batch.
void add_facts(BenchReport& report, const Experiment& experiment);

}  // namespace seg
