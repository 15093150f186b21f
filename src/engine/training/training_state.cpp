#include "engine/training/training_state.hpp"

#include "core/tensor_io.hpp"
#include "engine/training/checkpoint.hpp"
#include "models/weights.hpp"

namespace seg {

State training_state(const Experiment& experiment) {
  State state = with_prefix(model_state(*experiment.model), "model.");
  state.merge(with_prefix(experiment.optimizer->state(), "optimizer."));
  state.merge(with_prefix(experiment.loss->state(), "loss."));
  if (experiment.auxiliary_loss) state.merge(with_prefix(experiment.auxiliary_loss->state(), "aux_loss."));
  if (experiment.ema) state.merge(with_prefix(experiment.ema->state(), "ema."));
  return state;
}

void restore_training_state(Experiment& experiment, const State& state) {
  load_state_exact(*experiment.model, with_prefix_removed(state, "model."), "the checkpoint");
  experiment.optimizer->load(with_prefix_removed(state, "optimizer."));
  experiment.loss->load(with_prefix_removed(state, "loss."));
  if (experiment.auxiliary_loss) experiment.auxiliary_loss->load(with_prefix_removed(state, "aux_loss."));
  if (experiment.ema) experiment.ema->load(with_prefix_removed(state, "ema."));
}

}  // namespace seg
