#include "engine/training/learner.hpp"

#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "base/random.hpp"
#include "core/state.hpp"
#include "engine/training/readings_sum.hpp"
#include "models/weights.hpp"
#include "ops/normalize.hpp"
#include "optim/schedule.hpp"

namespace seg {

/// Takes back what forward passes change before a step is known to be good: running statistics and smoothed recalls.
class Learner::Undo {
 public:
  explicit Undo(Learner& learner) : learner_(learner), buffers_(learner.model_->buffers()), loss_(learner.losses_.main->state()) {
    for (const torch::Tensor& buffer : buffers_) before_.push_back(buffer.clone());
    if (learner.losses_.auxiliary) auxiliary_loss_ = learner.losses_.auxiliary->state();
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
    learner_.losses_.main->load(loss_);
    if (learner_.losses_.auxiliary) learner_.losses_.auxiliary->load(auxiliary_loss_);
  }

 private:
  Learner& learner_;
  std::vector<torch::Tensor> buffers_, before_;
  State loss_, auxiliary_loss_;
};

/// One optimiser step under way.
class Learner::Step {
 public:
  Step(Learner& learner, StepTiming timing) : learner_(learner), watch_(learner.compute_.device, timing) {}

  /// Adds the gradients of one micro-batch, and its share of loss and cross entropy.
  void accumulate(const Batch& given, double share, bool last) {
    const torch::Device device = learner_.compute_.device;
    const torch::Tensor labels = given.labels.to(device, /*non_blocking=*/true);
    const torch::Tensor images = normalize(given.images.to(device, /*non_blocking=*/true), learner_.config_.model.input);
    result_.times.input += watch_.lap();
    const ModelOutput output = forward(images);
    result_.times.forward += watch_.lap();
    const bool align_corners = learner_.config_.model.align_corners;
    const Scored batch{output.logits, labels, align_corners, learner_.ranks_};
    const LossResult main = learner_.losses_.main->compute(batch);
    torch::Tensor total = main.value;
    if (output.auxiliary.defined() && learner_.losses_.auxiliary)
      total = total + learner_.config_.model.auxiliary_weight *
                          learner_.losses_.auxiliary->compute({output.auxiliary, labels, align_corners, learner_.ranks_}).value;
    add_to(result_.loss, total.detach().to(torch::kDouble) * share);
    add_to(result_.cross_entropy, main.cross_entropy * share);
    add_to(result_.class_pixels, batch.sums().pixels);
    readings_.add(main.readings);
    result_.times.loss += watch_.lap();
    if (last && learner_.gradient_sum_) learner_.gradient_sum_->begin();
    (total * share).backward();
    result_.times.backward += watch_.lap();
  }

  /// Clips and updates; a step that is not finite is taken back.
  StepResult finish(double learning_rate, Undo& undo, int stop_signal) {
    if (learner_.gradient_sum_) learner_.gradient_sum_->finish();
    result_.times.ranks = watch_.lap();
    result_.readings = readings_.mean();
    result_.learning_rate = learning_rate;
    result_.gradient_norm = clip_gradients(learner_.groups_, learner_.config_.train.clip_norm);
    result_.finite = std::isfinite(result_.gradient_norm) && std::isfinite(result_.loss.item<double>()) && undo.finite_now();
    result_.stop_signal = stop_signal;
    agree();
    if (!result_.finite) {
      undo.take_back();
      return result_;
    }
    learner_.optimizer_->step(learning_rate);
    if (learner_.ema_) learner_.ema_->update();
    result_.times.update = watch_.lap();
    return result_;
  }

 private:
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

  /// What all ranks must know of each other, in one message: who is asked to stop, whose step is not finite, the loss, and the running statistics,
  /// which become their mean over the ranks unless they are of the whole batch already.
  void agree() {
    const Communicator& ranks = learner_.ranks_;
    if (!ranks.several()) return;
    const torch::NoGradGuard no_gradient;
    const double stops = result_.stop_signal != 0 ? 1.0 : 0.0;
    std::vector<torch::Tensor> parts{torch::tensor({stops, result_.stop_signal * stops, result_.finite ? 0.0 : 1.0}, torch::kDouble),
                                     torch::stack({result_.loss, result_.cross_entropy}).cpu()};
    std::vector<torch::Tensor> statistics;
    if (!learner_.part_.whole_batch_statistics) {
      for (const torch::Tensor& buffer : learner_.model_->buffers())
        if (buffer.is_floating_point()) statistics.push_back(buffer);
      for (const torch::Tensor& buffer : statistics) parts.push_back(buffer.flatten().to(torch::kDouble).cpu());
    }
    const torch::Tensor all = torch::cat(parts);
    ranks.sum(all);
    const auto* values = all.data_ptr<double>();
    if (values[0] > 0) result_.stop_signal = static_cast<int>(std::lround(values[1] / values[0]));
    result_.finite = values[2] == 0.0;
    result_.loss = all[3].clone();
    result_.cross_entropy = all[4].clone();
    std::int64_t offset = 5;
    for (const torch::Tensor& buffer : statistics) {
      buffer.copy_((all.narrow(0, offset, buffer.numel()) / static_cast<double>(ranks.world_size())).view(buffer.sizes()));
      offset += buffer.numel();
    }
  }

  ModelOutput forward(const torch::Tensor& images) {
    const BatchPartScope part(learner_.part_);
    const PrecisionScope precision(learner_.compute_.device, learner_.compute_.precision);
    return learner_.model_->forward(images);
  }

  Learner& learner_;
  Stopwatch watch_;
  StepResult result_;
  ReadingsSum readings_;
};

Learner::Learner(const RunConfig& config, std::int64_t iterations, Compute compute, std::shared_ptr<Model> model, Losses losses,
                 const std::set<std::string>& fresh, const Communicator& ranks)
    : config_(config),
      iterations_(iterations),
      compute_(compute),
      ranks_(ranks),
      part_{ranks.group("batch norm"), config.model.batch_norm == BatchNormScope::kSynchronized},
      model_(std::move(model)),
      losses_(std::move(losses)),
      groups_(make_groups(*model_, config.optimizer, fresh)),
      optimizer_(build_optimizer(config.optimizer, groups_)),
      ema_(config.train.ema > 0 ? std::make_unique<Ema>(*model_, config.train.ema) : nullptr),
      gradient_sum_(ranks.several() ? std::make_unique<GradientSum>(model_->parameters(), ranks.group("gradients")) : nullptr) {}

StepResult Learner::step(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing, int stop_signal) {
  Step step(*this, timing);
  model_->train();
  Undo undo(*this);
  clear_gradients(groups_);
  for (std::size_t micro = 0; micro < micro_batches.size(); ++micro) {
    torch::manual_seed(seed_of({static_cast<std::uint64_t>(config_.train.seed), static_cast<std::uint64_t>(iteration), micro}));
    step.accumulate(micro_batches[micro], 1.0 / static_cast<double>(micro_batches.size()), micro + 1 == micro_batches.size());
  }
  return step.finish(learning_rate(config_.schedule, config_.optimizer.lr, iteration, iterations_), undo, stop_signal);
}

State Learner::state() const {
  State state = with_prefix(model_state(*model_), "model.");
  state.merge(with_prefix(optimizer_->state(), "optimizer."));
  state.merge(with_prefix(losses_.main->state(), "loss."));
  if (losses_.auxiliary) state.merge(with_prefix(losses_.auxiliary->state(), "aux_loss."));
  if (ema_) state.merge(with_prefix(ema_->state(), "ema."));
  return state;
}

void Learner::load(const State& state) {
  load_state_exact(*model_, without_prefix(state, "model."), "the checkpoint");
  optimizer_->load(without_prefix(state, "optimizer."));
  losses_.main->load(without_prefix(state, "loss."));
  if (losses_.auxiliary) losses_.auxiliary->load(without_prefix(state, "aux_loss."));
  if (ema_) ema_->load(without_prefix(state, "ema."));
}

std::unique_ptr<AveragedWeights> Learner::hold_averaged() const { return ema_ ? std::make_unique<AveragedWeights>(*ema_) : nullptr; }

State Learner::averaged() const {
  const auto held = hold_averaged();
  State weights = model_state(*model_);
  if (!held) return weights;
  for (auto& [name, tensor] : weights) tensor = tensor.clone();
  return weights;
}

}  // namespace seg
