// Loads batches of samples, decoded and transformed by a pool of threads. The result is the same for any number of workers.
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

/// Changes a sample; `seed` depends only on (run seed, epoch, index), or on (run seed, epoch, place) if places are drawn.
using SampleTransform = std::function<Sample(Sample sample, std::uint64_t seed)>;

struct LoaderOptions {
  std::int64_t batch_size = 1;
  std::int64_t workers = 1;   // threads; 0: one per core
  std::int64_t prefetch = 2;  // maximum number of batches decoded ahead
  std::uint64_t seed = 0;     // of shuffling and transforms
  bool shuffle = false;
  std::shared_ptr<const RareClassSampling> sampling = nullptr;  // draws each place of an epoch instead of shuffling; null: each sample once
  bool drop_last = false;                                       // the incomplete batch at the end of an epoch
  std::int64_t part = 0;                                        // load only this one of the `parts` of each batch, which have the same size
  std::int64_t parts = 1;
  std::int64_t first_batch = 0;  // where to start, counted over all epochs; a resumed run sets it
  std::int64_t batches = -1;     // number of batches from there; -1: one epoch
  bool skip_broken = false;      // a sample that throws kData is replaced (with drop_last: training) or left out (evaluation), see skipped()
  std::int64_t skip_budget = 0;  // number of broken files to skip; more end the run
  double timeout_s = 0.0;        // a sample that takes longer ends the run; 0: no limit
};

class DataLoader {
 public:
  /// Without a transform, samples are returned as the data set has them. Throws kConfiguration if drop_last leaves no batch, kData for an empty set.
  DataLoader(std::shared_ptr<const Dataset> dataset, SampleTransform transform, const LoaderOptions& options);
  ~DataLoader();
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;

  /// The next batch in order, or nothing at the end. Throws the exception of a worker, with its type, after the batches before it; throws kData once
  /// more than skip_budget files are broken. From then on every call throws the same again. Also throws kData for a sample that takes longer than
  /// timeout_s. The thread that is stuck in it cannot be stopped: it is abandoned, so that nothing waits for it, and keeps the data set alive until
  /// it returns.
  std::optional<std::vector<Sample>> next();
  /// Messages of the files that were skipped so far.
  std::vector<std::string> skipped() const;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;  // shared with the threads
  std::vector<std::jthread> threads_;
};

}  // namespace seg
