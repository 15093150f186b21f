// `segbench eval`: images a second of evaluation, over the split that results are reported on and over images in memory.
#pragma once

#include "bench/setup.hpp"

namespace seg {

struct EvalBench {
  BenchSource source;
  Repeats passes{.warmup = 1, .runs = 5};
  std::int64_t images = 64;  // of a pass at most; the split may have fewer
};

/// Sections: "split" (from files to counts, as segeval does it), "synthetic" (prediction alone, images of data.size in memory) and
/// "memory". Weights are as initialised: they do not change the time.
BenchReport bench_eval(const EvalBench& bench);

}  // namespace seg
