#include "engine/training/learner.hpp"

#include <spdlog/spdlog.h>
#include <torch/utils.h>

#include <utility>

#include "base/random.hpp"
#include "core/state.hpp"
#include "engine/training/learner_ahead.hpp"
#include "engine/training/learner_step.hpp"
#include "models/weights.hpp"
#include "optim/schedule.hpp"

namespace seg {
namespace {

torch::ScalarType type_of(AllReduce allreduce) { return allreduce == AllReduce::kBf16 ? torch::kBFloat16 : torch::kFloat; }

}  // namespace

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
      ahead_(compute.runs_ahead ? std::make_unique<Ahead>(compute) : nullptr) {
  // Autograd keeps to the queue in which it first sees a parameter.
  const auto queue = ahead_ ? std::make_unique<DeviceStream::Scope>(ahead_->stream) : nullptr;
  if (ranks.several()) gradient_sum_ = std::make_unique<GradientSum>(model_->parameters(), ranks.group("gradients"), type_of(config.train.allreduce));
  if (!ahead_ || !can_record(compute.device)) return;
  const std::string reason = why_not_recorded(config.train, ranks);
  ahead_->may_record = reason.empty();
  if (!reason.empty() && config.train.cuda_graph == CudaGraph::kAuto) spdlog::info("the training step is not recorded as a CUDA graph: {}", reason);
}

Learner::~Learner() = default;

Undo Learner::undo() const { return {*model_, {losses_.main.get(), losses_.auxiliary.get()}}; }

double Learner::learning_rate_at(std::int64_t iteration) const {
  return learning_rate(config_.schedule, config_.optimizer.lr, iteration, iterations_);
}

StepResult Learner::step(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing, int stop_signal) {
  model_->train();
  if (ahead_) return step_ahead(micro_batches, iteration, timing, stop_signal);
  Step step(*this, timing);
  return with_undo([&](const Undo& before) {
    clear_gradients(groups_);
    for (std::size_t micro = 0; micro < micro_batches.size(); ++micro) {
      torch::manual_seed(seed_at(iteration, micro));
      step.accumulate(micro_batches[micro], 1.0 / static_cast<double>(micro_batches.size()), micro + 1 == micro_batches.size());
    }
    return step.finish(learning_rate_at(iteration), before, stop_signal);
  });
}

// The same on all ranks: what is drawn is a hash of the place in the whole batch.
std::uint64_t Learner::seed_at(std::int64_t iteration, std::uint64_t micro) const {
  return seed_of({static_cast<std::uint64_t>(config_.train.seed), static_cast<std::uint64_t>(iteration), micro});
}

StepResult Learner::with_undo(const std::function<StepResult(const Undo& before)>& work) {
  const Undo before = undo();
  try {
    return work(before);
  } catch (...) {
    clear_gradients(groups_);
    before.take_back();
    throw;
  }
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
