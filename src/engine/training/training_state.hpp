// What a run goes on from, beside its configuration and place in the data: the tensors of a checkpoint.
//
// "model.*" weights and buffers, "optimizer.*", "loss.*" and "aux_loss.*" smoothed recalls, "ema.*" averaged weights.
#pragma once

#include "engine/experiment.hpp"

namespace seg {

/// The tensors are the live ones: copy what must outlive the next step.
State training_state(const Experiment& experiment);

/// Throws kStorage where a name, shape or type does not fit.
void restore_training_state(Experiment& experiment, const State& state);

}  // namespace seg
