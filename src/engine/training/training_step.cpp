#include "engine/training/training_step.hpp"

#include <torch/utils.h>

#include "ops/normalize.hpp"
#include "ops/training_pass.hpp"

namespace seg {

TrainingStep::TrainingStep(const RunConfig& config, const Compute& compute, const Communicator& ranks, const Parts& parts)
    : config_(config), compute_(compute), ranks_(ranks), batch_norm_ranks_(ranks.group("batch norm")), parts_(parts) {}

StepOutputs TrainingStep::run(const StepInputs& inputs, StepLaps& laps) const {
  const Rollback before = rollback();
  try {
    return attempt(inputs, before, laps);
  } catch (...) {
    clear_gradients(*parts_.groups);
    before.roll_back();
    throw;
  }
}

StepOutputs TrainingStep::operations(const StepInputs& inputs, StepLaps& laps) const { return attempt(inputs, rollback(), laps); }

StepOutputs TrainingStep::attempt(const StepInputs& inputs, const Rollback& before, StepLaps& laps) const {
  const TrainingPassScope pass({batch_norm_ranks_, config_.model.batch_norm == BatchNormScope::kSynchronized, inputs.seed});
  clear_gradients(*parts_.groups);
  Sums sums;
  const std::size_t count = inputs.batches.size();
  for (std::size_t micro = 0; micro < count; ++micro)
    accumulate(inputs.batches[micro], 1.0 / static_cast<double>(count), micro + 1 == count, sums, laps);
  if (parts_.gradient_sum != nullptr) parts_.gradient_sum->finish();
  laps.end(&StepTimes::ranks);
  sums.outputs.statistics = sums.statistics.mean();
  finish(inputs, before, sums.outputs);
  laps.end(&StepTimes::update);
  return sums.outputs;
}

void TrainingStep::accumulate(const Batch& batch, double share, bool last, Sums& sums, StepLaps& laps) const {
  const torch::Tensor images = normalize(batch.images, config_.model.input, compute_.input_type);
  laps.end(&StepTimes::input);
  const ModelOutput output = [&] {
    const PrecisionScope precision(compute_.device, compute_.precision);
    return parts_.model->forward(images);
  }();
  laps.end(&StepTimes::forward);
  const auto input_of = [&](const torch::Tensor& logits, const Loss& loss) {
    return LossInput(logits, batch.labels, config_.model.align_corners, ranks_, loss.regions());
  };
  const LossInput main_head = input_of(output.logits, *parts_.loss);
  const LossResult main = parts_.loss->compute(main_head);
  torch::Tensor total = main.value;
  if (output.auxiliary.defined() && parts_.auxiliary_loss != nullptr)
    total = total + config_.model.auxiliary_weight * parts_.auxiliary_loss->compute(input_of(output.auxiliary, *parts_.auxiliary_loss)).value;
  add_to(sums.outputs.loss, total.detach().to(torch::kDouble) * share);
  add_to(sums.outputs.cross_entropy, main_head.mean_cross_entropy() * share);
  add_to(sums.outputs.class_pixels, main_head.sums().pixels);
  sums.statistics.add(main.statistics);
  laps.end(&StepTimes::loss);
  if (last && parts_.gradient_sum != nullptr) parts_.gradient_sum->begin();
  (total * share).backward();
  laps.end(&StepTimes::backward);
}

void TrainingStep::finish(const StepInputs& inputs, const Rollback& before, StepOutputs& outputs) const {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor norm = clip_gradients(*parts_.groups, config_.train.clip_norm);
  const torch::Tensor finite = norm.isfinite().logical_and(outputs.loss.isfinite()).logical_and(before.finite());
  const auto [kept, stop_signal] = agree({finite, inputs.stop_signal}, outputs);
  parts_.optimizer->step(inputs.learning_rate, kept);
  before.conditional_roll_back(kept);
  if (parts_.ema != nullptr) parts_.ema->update(kept);
  outputs.class_pixels = outputs.class_pixels * kept;
  outputs.decision = torch::stack({outputs.loss, norm.to(torch::kDouble), kept.to(torch::kDouble), stop_signal});
}

/// In one message with what else the ranks must know of each other: the loss, and the running statistics, which become their mean over the ranks
/// unless they are of the whole batch already.
TrainingStep::Agreement TrainingStep::agree(const Agreement& own, StepOutputs& outputs) const {
  if (!ranks_.several()) return own;
  std::vector<torch::Tensor> parts{torch::stack(
      {own.stop_signal.ne(0).to(torch::kDouble), own.stop_signal, own.kept.logical_not().to(torch::kDouble), outputs.loss, outputs.cross_entropy})};
  std::vector<torch::Tensor> statistics;
  if (config_.model.batch_norm != BatchNormScope::kSynchronized) {
    for (const torch::Tensor& buffer : parts_.model->buffers())
      if (buffer.is_floating_point()) statistics.push_back(buffer);
    for (const torch::Tensor& buffer : statistics) parts.push_back(buffer.flatten().to(torch::kDouble));
  }
  std::int64_t offset = parts.front().numel();
  const torch::Tensor all = torch::cat(parts);
  ranks_.sum(all);
  outputs.loss = all[3].clone();
  outputs.cross_entropy = all[4].clone();
  for (const torch::Tensor& buffer : statistics) {
    buffer.copy_((all.narrow(0, offset, buffer.numel()) / static_cast<double>(ranks_.world_size())).view(buffer.sizes()));
    offset += buffer.numel();
  }
  return {all[2].eq(0), (all[1] / all[0].clamp_min(1)).round()};
}

}  // namespace seg
