// `segbench train`: speed of training, with data from the loader and with one batch that stays in memory.
#pragma once

#include <filesystem>

#include "bench/setup.hpp"

namespace seg {

struct TrainBench {
  BenchSource source;
  Repeats steps{.warmup = 3, .runs = 12};
  bool synthetic_only = false;
  std::filesystem::path profile = {};  // file for the heaviest kernels, see bench/profile.hpp; empty: none
  std::int64_t largest_product = 0;    // of the matrix products that give the device's best rate; 0: 4096, on CUDA 8192
};

/// Sections: "synthetic" and "end_to_end" (images/s, ms of a step and of its parts; end to end over synthetic), "arithmetic" (GFLOP
/// an image, achieved and best rate, their ratio), "traffic" (GB a step, likewise: bench/traffic.hpp), "memory". Synthetic images/s are those of the
/// median step, end to end those of the whole stretch: a loader's batches come in bursts, which a median would not see. Several ranks train together:
/// images/s are those of all, the rest is this rank's, and "ranks" says what they cost each other (bench/rank_times.hpp). Throws kNonFinite where a
/// step's loss is not finite.
BenchReport bench_train(const TrainBench& bench, const Communicator& ranks = {});

}  // namespace seg
