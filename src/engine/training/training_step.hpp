// One optimiser step: forward and backward over the micro-batches, clipping, update, averaging.
//
// The parts of a step are timed as it runs: on the CPU that costs nothing. CUDA works on after a call has returned, so there the
// times of the parts are true only where the step waits for the device after each.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/experiment.hpp"

namespace seg {

/// Seconds, summed over the micro-batches.
struct StepTimes {
  double input = 0.0;  // to the device, normalised
  double forward = 0.0;
  double loss = 0.0;  // forward alone, with the main head's and the auxiliary head's share
  double backward = 0.0;
  double update = 0.0;  // clipping, optimiser, averaged weights
};

/// Whether a step on CUDA waits for the device after each part.
enum class StepTiming { kWhole, kParts };

struct StepResult {
  double loss = 0.0;           // mean over the micro-batches, the auxiliary head's share included
  double cross_entropy = 0.0;  // plain cross entropy of the main head, likewise
  double gradient_norm = 0.0;  // before clipping
  double learning_rate = 0.0;
  bool finite = true;  // loss, gradients and running statistics; false: the step left nothing behind
  StepTimes times;
};

/// `iteration` counts the steps already made; dropout is reseeded from (train.seed, iteration, micro-step).
StepResult run_training_step(Experiment& experiment, const std::vector<Batch>& micro_batches, std::int64_t iteration,
                             StepTiming timing = StepTiming::kWhole);

/// Returns when the device has done what it was given; at once on the CPU.
void wait_for(const torch::Device& device);

}  // namespace seg
