// One optimiser step: forward and backward over the micro-batches, clipping, update, averaging.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/experiment.hpp"

namespace seg {

struct StepResult {
  double loss = 0.0;           // mean over the micro-batches, the auxiliary head's share included
  double cross_entropy = 0.0;  // plain cross entropy of the main head, likewise
  double gradient_norm = 0.0;  // before clipping
  double learning_rate = 0.0;
  bool finite = true;  // false: no update was made
};

/// `iteration` counts the steps already made; dropout is reseeded from (train.seed, iteration, micro-step).
StepResult run_training_step(Experiment& experiment, const std::vector<Batch>& micro_batches, std::int64_t iteration);

}  // namespace seg
