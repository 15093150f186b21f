// Batches of samples, decoded and transformed by a pool of threads, the same for every number of workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/types.hpp"
#include "data/dataset.hpp"

namespace seg {

class RareClassSampling;

/// Changes a sample; `seed` is a function of (run seed, epoch, index) alone, or of (run seed, epoch, place) where places are drawn.
using SampleTransform = std::function<Sample(Sample sample, std::uint64_t seed)>;

struct LoaderOptions {
  std::int64_t batch_size = 1;
  std::int64_t workers = 1;   // threads; 0: one a core
  std::int64_t prefetch = 2;  // batches decoded ahead at most
  std::uint64_t seed = 0;     // of shuffling and transforms
  bool shuffle = false;
  std::shared_ptr<const RareClassSampling> sampling = nullptr;  // draws each place of an epoch, in place of shuffling; null: each sample once
  bool drop_last = false;                                       // the incomplete batch at the end of an epoch
  std::int64_t part = 0;                                        // of the `parts` of each batch, all of the same size: the places that are loaded
  std::int64_t parts = 1;
  std::int64_t first_batch = 0;  // where to start, counted over all epochs: how a resumed run finds its place
  std::int64_t batches = -1;     // how many to give from there; -1: one epoch
  bool skip_broken = false;      // a sample that throws kData is replaced (drop_last: training) or left out (evaluation), see skipped()
  std::int64_t skip_budget = 0;  // more broken files than this end the run
  double timeout_s = 0.0;        // a sample that takes longer ends the run; 0: never
};

class DataLoader {
 public:
  /// Without a transform samples are given as the data set has them. Throws kConfiguration where drop_last leaves no batch, kData for an empty set.
  DataLoader(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const LoaderOptions& options);
  ~DataLoader();
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;

  /// The next batch in order, or nothing at the end. An exception of a worker is thrown here, after the batches before it and
  /// with its own type; so is kData once more than skip_budget files are broken. From then on every call throws it again.
  /// kData also names a sample that took longer than timeout_s. The thread that is stuck in it cannot be stopped: it is left behind,
  /// so that nothing waits for it, and keeps the data set alive until it comes back.
  std::optional<std::vector<Sample>> next();
  /// Messages of the files that were skipped so far.
  std::vector<std::string> skipped() const;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;  // shared with the threads
  std::vector<std::jthread> threads_;
};

}  // namespace seg
