#include "engine/training/training_step.hpp"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>

#include "device/torch_compat.hpp"
#include "ops/normalize.hpp"
#include "ops/training_pass.hpp"

namespace seg {

StepTimes StepLaps::times() const {
  StepTimes times;
  const EventTimer* before = &begin_;
  for (const auto& [part, end] : ends_) {
    times.*part += end.seconds_since(*before);
    before = &end;
  }
  return times;
}

void add_to(torch::Tensor& sum, const torch::Tensor& value) {
  if (value.defined()) sum = sum.defined() ? sum + value : value;
}

void ClassStatisticsSum::add(const BatchClassStatistics& batch) {
  add_to(sum_.pixels, batch.pixels);
  add_to(sum_.false_negatives, batch.false_negatives);
  add_to(sum_.false_positives, batch.false_positives);
  if (!batch.weights.defined()) return;
  const torch::Tensor present = batch.pixels.gt(0);
  add_to(sum_.weights, batch.weights * present);
  add_to(used_, present.to(torch::kLong));
}

BatchClassStatistics ClassStatisticsSum::mean() const {
  BatchClassStatistics statistics = sum_;
  if (statistics.weights.defined()) statistics.weights = statistics.weights / used_.clamp_min(1);
  return statistics;
}

/// Rolls back what the forward passes of a bad step have changed: running statistics and smoothed recalls.
class TrainingStep::Rollback {
 public:
  /// Saves the current state of `model` and `losses` (null entries are skipped), which must outlive this object.
  Rollback(const Model& model, const std::vector<Loss*>& losses) {
    for (const torch::Tensor& buffer : model.buffers()) {
      const auto alike = [&](const Buffers& some) { return some.tensors.front().scalar_type() == buffer.scalar_type(); };
      const auto found = std::ranges::find_if(buffers_, alike);
      (found != buffers_.end() ? *found : buffers_.emplace_back()).tensors.push_back(buffer);
    }
    for (Buffers& some : buffers_) some.before = some.values();
    for (Loss* loss : losses) {
      if (loss == nullptr) continue;
      losses_.push_back(loss);
      loss_states_.push_back(loss->state());
    }
  }

  /// Whether the running statistics are finite: a bool scalar on the device of the model.
  torch::Tensor finite() const {
    std::vector<torch::Tensor> answers;
    for (const Buffers& some : buffers_)
      if (some.before.is_floating_point()) answers.push_back(some.values().isfinite().all());
    return answers.empty() ? torch::ones({}, torch::kBool) : torch::stack(answers).all();
  }

  /// Restores everything unless `kept`, a bool scalar on the device of the model, is true.
  void conditional_roll_back(const torch::Tensor& kept) const {
    const torch::NoGradGuard no_gradient;
    for (const Buffers& some : buffers_) some.set(torch::where(kept, some.values(), some.before));
    for (std::size_t i = 0; i < losses_.size(); ++i) {
      State chosen = losses_[i]->state();
      for (auto& [name, tensor] : chosen) tensor = torch::where(kept, tensor, loss_states_[i].at(name));
      losses_[i]->load(chosen);
    }
  }

  /// Restores everything.
  void roll_back() const {
    const torch::NoGradGuard no_gradient;
    for (const Buffers& some : buffers_) some.set(some.before);
    for (std::size_t i = 0; i < losses_.size(); ++i) losses_[i]->load(loss_states_[i]);
  }

 private:
  /// The model's buffers of one type, saved in one tensor, which takes few kernel launches on a GPU.
  struct Buffers {
    torch::Tensor values() const {
      std::vector<torch::Tensor> flat;
      for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.flatten());
      return torch::cat(flat);
    }
    void set(const torch::Tensor& values) const { torch_compat::copy_all(tensors, at::unflatten_dense_tensors(values, tensors)); }

    std::vector<torch::Tensor> tensors;
    torch::Tensor before;  // [all values]
  };

  std::vector<Buffers> buffers_;
  std::vector<Loss*> losses_;
  std::vector<State> loss_states_;
};

TrainingStep::TrainingStep(const RunConfig& config, const Compute& compute, const Communicator& ranks, const Parts& parts)
    : config_(config), compute_(compute), ranks_(ranks), batch_norm_ranks_(ranks.group("batch norm")), parts_(parts) {}

TrainingStep::Rollback TrainingStep::rollback() const { return {*parts_.model, {parts_.loss, parts_.auxiliary_loss}}; }

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

/// The same message also carries the loss and the running statistics. Running statistics become their mean over the ranks, unless they are already
/// those of the whole batch.
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
  const torch::Tensor all = torch::cat(parts);
  ranks_.sum(all);
  outputs.loss = all[3].clone();
  outputs.cross_entropy = all[4].clone();
  const std::vector<torch::Tensor> sums = at::unflatten_dense_tensors(all.slice(0, parts.front().numel()), statistics);
  for (std::size_t i = 0; i < sums.size(); ++i) statistics[i].copy_(sums[i] / static_cast<double>(ranks_.world_size()));
  return {all[2].eq(0), (all[1] / all[0].clamp_min(1)).round()};
}

}  // namespace seg
