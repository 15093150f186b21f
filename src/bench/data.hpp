// `segbench data`: how many images a second the loader gives, with each kind of cache, and what one image costs.
#pragma once

#include "bench/setup.hpp"

namespace seg {

/// The values of data.cache.
const std::vector<std::string>& cache_kinds();

struct DataBench {
  BenchSource source;
  Repeats passes{.warmup = 1, .runs = 5};
  std::int64_t batches = 25;             // of a pass at most; the training split may have fewer
  std::vector<std::string> caches = {};  // of cache_kinds(); empty: all
};

/// Sections: "cache_none", "cache_memory", "cache_disk" (images/s of a pass over the same batches, all workers; the warm-up fills the
/// caches) and "one_image" (ms of decoding, augmentation and stacking on one thread, without a cache). Throws kConfiguration for another cache.
BenchReport bench_data(const DataBench& bench);

}  // namespace seg
