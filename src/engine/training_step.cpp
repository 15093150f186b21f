#include "engine/training_step.hpp"

#include <torch/utils.h>

#include <cmath>

#include "base/random.hpp"
#include "core/compute.hpp"
#include "data/normalize.hpp"
#include "optim/schedule.hpp"

namespace seg {

namespace {

ModelOutput forward(Experiment& experiment, const torch::Tensor& images) {
  const PrecisionScope precision(experiment.compute.device, experiment.compute.precision);
  return experiment.model->forward(images);
}

/// Adds the gradients of one micro-batch; its share of loss and cross entropy goes into `result`.
void accumulate(Experiment& experiment, const Batch& batch, double share, StepResult& result) {
  const torch::Device device = experiment.compute.device;
  const torch::Tensor labels = batch.labels.to(device, /*non_blocking=*/true);
  const torch::Tensor images = normalize(batch.images.to(device, /*non_blocking=*/true), experiment.config.augment.normalize);
  const ModelOutput output = forward(experiment, images);
  const LossResult main = experiment.loss->compute(output.logits, labels);
  torch::Tensor total = main.value;
  if (output.auxiliary.defined() && experiment.auxiliary_loss)
    total = total + experiment.config.model.auxiliary_weight * experiment.auxiliary_loss->compute(output.auxiliary, labels).value;
  result.loss += share * total.item<double>();
  result.cross_entropy += share * main.cross_entropy.item<double>();
  (total * share).backward();
}

}  // namespace

StepResult run_training_step(Experiment& experiment, const std::vector<Batch>& micro_batches, std::int64_t iteration) {
  const RunConfig& config = experiment.config;
  StepResult result;
  result.learning_rate = learning_rate(config.schedule, config.optimizer.lr, iteration, experiment.iterations);
  experiment.model->train();
  clear_gradients(experiment.groups);
  for (std::size_t micro = 0; micro < micro_batches.size(); ++micro) {
    torch::manual_seed(seed_of({static_cast<std::uint64_t>(config.train.seed), static_cast<std::uint64_t>(iteration), micro}));
    accumulate(experiment, micro_batches[micro], 1.0 / static_cast<double>(micro_batches.size()), result);
  }
  result.gradient_norm = clip_gradients(experiment.groups, config.train.clip_norm);
  result.finite = std::isfinite(result.loss) && std::isfinite(result.gradient_norm);
  if (!result.finite) return result;
  experiment.optimizer->step(result.learning_rate);
  if (experiment.ema) experiment.ema->update();
  return result;
}

}  // namespace seg
