// What several ranks cost each other in a training step: the section "ranks" of `segbench train`.
#pragma once

#include <vector>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "models/model.hpp"
#include "ranks/communicator.hpp"

namespace seg {

struct RankTimes {
  Measurement step;           // seconds
  Measurement waiting;        // seconds after backward, for what the other ranks still had to send
  Measurement bytes;          // given to sums in a step
  std::int64_t resident = 0;  // bytes, the peak of this rank
};

/// Adds waiting (ms, and its share of a step), bytes a step, "sum_alone" (ms: the same gradients summed while nothing is computed), "hidden" (1 -
/// waiting / sum_alone, the share of it that runs beside backward) and the peak memory of all ranks together. All ranks call it.
void add_rank_times(BenchReport& report, const RankTimes& times, const Model& model, const Communicator& ranks, const Repeats& repeats);

}  // namespace seg
