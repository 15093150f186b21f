#include "engine/training/training_step.hpp"

#include <torch/cuda.h>
#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "base/random.hpp"
#include "core/compute.hpp"
#include "data/normalize.hpp"
#include "optim/schedule.hpp"

namespace seg {

namespace {

/// Hands out the seconds since it was last asked.
class Stopwatch {
 public:
  Stopwatch(const torch::Device& device, StepTiming timing) : device_(device), waits_(timing == StepTiming::kParts) {}

  double lap() {
    if (waits_) wait_for(device_);
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  torch::Device device_;
  bool waits_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Takes back what forward passes change before a step is known to be good: running statistics and smoothed recalls.
class Undo {
 public:
  explicit Undo(Experiment& experiment) : experiment_(experiment), buffers_(experiment.model->buffers()), loss_(experiment.loss->state()) {
    for (const torch::Tensor& buffer : buffers_) before_.push_back(buffer.clone());
    if (experiment.auxiliary_loss) auxiliary_loss_ = experiment.auxiliary_loss->state();
  }

  bool finite_now() const {
    std::vector<torch::Tensor> values;
    for (const torch::Tensor& buffer : buffers_)
      if (buffer.is_floating_point()) values.push_back(buffer.flatten());
    return values.empty() || torch::cat(values).isfinite().all().item<bool>();
  }

  void take_back() {
    const torch::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(before_[i]);
    experiment_.loss->load(loss_);
    if (experiment_.auxiliary_loss) experiment_.auxiliary_loss->load(auxiliary_loss_);
  }

 private:
  Experiment& experiment_;
  std::vector<torch::Tensor> buffers_, before_;
  State loss_, auxiliary_loss_;
};

ModelOutput forward(Experiment& experiment, const torch::Tensor& images) {
  const PrecisionScope precision(experiment.compute.device, experiment.compute.precision);
  return experiment.model->forward(images);
}

/// Adds the gradients of one micro-batch; its share of loss and cross entropy goes into `result`.
void accumulate(Experiment& experiment, const Batch& batch, double share, Stopwatch& watch, StepResult& result) {
  const torch::Device device = experiment.compute.device;
  const torch::Tensor labels = batch.labels.to(device, /*non_blocking=*/true);
  const torch::Tensor images = normalize(batch.images.to(device, /*non_blocking=*/true), experiment.config.augment.normalize);
  result.times.input += watch.lap();
  const ModelOutput output = forward(experiment, images);
  result.times.forward += watch.lap();
  const LossResult main = experiment.loss->compute(output.logits, labels);
  torch::Tensor total = main.value;
  if (output.auxiliary.defined() && experiment.auxiliary_loss)
    total = total + experiment.config.model.auxiliary_weight * experiment.auxiliary_loss->compute(output.auxiliary, labels).value;
  result.loss += share * total.item<double>();
  result.cross_entropy += share * main.cross_entropy.item<double>();
  result.times.loss += watch.lap();
  (total * share).backward();
  result.times.backward += watch.lap();
}

}  // namespace

void wait_for(const torch::Device& device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

StepResult run_training_step(Experiment& experiment, const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing) {
  const RunConfig& config = experiment.config;
  Stopwatch watch(experiment.compute.device, timing);
  StepResult result;
  result.learning_rate = learning_rate(config.schedule, config.optimizer.lr, iteration, experiment.iterations);
  experiment.model->train();
  Undo undo(experiment);
  clear_gradients(experiment.groups);
  for (std::size_t micro = 0; micro < micro_batches.size(); ++micro) {
    torch::manual_seed(seed_of({static_cast<std::uint64_t>(config.train.seed), static_cast<std::uint64_t>(iteration), micro}));
    accumulate(experiment, micro_batches[micro], 1.0 / static_cast<double>(micro_batches.size()), watch, result);
  }
  result.gradient_norm = clip_gradients(experiment.groups, config.train.clip_norm);
  result.finite = std::isfinite(result.loss) && std::isfinite(result.gradient_norm) && undo.finite_now();
  if (!result.finite) {
    undo.take_back();
    return result;
  }
  experiment.optimizer->step(result.learning_rate);
  if (experiment.ema) experiment.ema->update();
  result.times.update = watch.lap();
  return result;
}

}  // namespace seg
