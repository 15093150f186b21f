#include "engine/training/learner.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/random.hpp"
#include "core/state.hpp"
#include "data/augment/batch_changes.hpp"
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
      model_(std::move(model)),
      losses_(std::move(losses)),
      stream_(compute.device),
      uploads_(compute.device),
      groups_(make_groups(*model_, config.optimizer, fresh)),
      optimizer_(config.optimizer, groups_),
      ema_(config.train.ema > 0 ? std::make_unique<Ema>(*model_, config.train.ema) : nullptr) {
  const DeviceStream::Scope queue(stream_);  // autograd keeps the stream in which it first sees a parameter
  if (ranks.several()) gradient_sum_ = std::make_unique<GradientSum>(model_->parameters(), ranks.group("gradients"), type_of(config.train.allreduce));
  step_ = std::make_unique<TrainingStep>(
      config, compute, ranks,
      TrainingStep::Parts{model_.get(), losses_.main.get(), losses_.auxiliary.get(), &groups_, &optimizer_, ema_.get(), gradient_sum_.get()});
  const std::string reason = why_not_recorded(config.train, ranks);
  if (reason.empty()) recorded_ = std::make_unique<RecordedStep>(compute.device);
  if (!reason.empty() && config.train.cuda_graph == GraphMode::kAuto) spdlog::info("the training step is not recorded as a CUDA graph: {}", reason);
}

Learner::~Learner() = default;

double Learner::learning_rate_at(std::int64_t iteration) const {
  return learning_rate(config_.schedule, config_.optimizer.lr, iteration, iterations_);
}

StepInputs Learner::inputs_of(const std::vector<Batch>& micro_batches, std::int64_t iteration, int stop_signal) const {
  const torch::TensorOptions options(compute_.device);
  const std::uint64_t seed = seed_of({static_cast<std::uint64_t>(config_.train.seed), static_cast<std::uint64_t>(iteration), 0});
  StepInputs inputs{{},
                    torch::full({}, learning_rate_at(iteration), options.dtype(torch::kDouble)),
                    torch::full({1}, static_cast<std::int64_t>(seed), options.dtype(torch::kInt64)),
                    torch::full({}, stop_signal, options.dtype(torch::kDouble))};
  std::vector<torch::Tensor> host;
  for (const Batch& batch : micro_batches) host.insert(host.end(), {batch.images, batch.labels});
  const Upload upload(host, compute_.device, uploads_);
  const std::vector<torch::Tensor>& arrived = upload.tensors();
  for (std::size_t i = 0; i < micro_batches.size(); ++i) {
    const auto [images, labels] = make_changes(arrived[2 * i], arrived[2 * i + 1], micro_batches[i].changes);
    inputs.batches.push_back({images, labels, {}, {}});
  }
  return inputs;
}

StepResult Learner::step(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing, int stop_signal) {
  model_->train();
  const DeviceStream::Scope queue(stream_);
  StepResult result;
  if (timing == StepTiming::kParts) result.laps = StepLaps(compute_.device);
  const StepInputs inputs = inputs_of(micro_batches, iteration, stop_signal);
  StepLaps none;
  StepOutputs& outputs = result;
  if (recorded_ && timing == StepTiming::kWhole)
    outputs = recorded_->run(inputs, {[&](const StepInputs& given) { return step_->run(given, none); },
                                      [&](const StepInputs& given) { return step_->operations(given, none); }});
  else
    outputs = step_->run(inputs, result.laps);
  result.learning_rate = learning_rate_at(iteration);
  result.outcome = HostCopy(result.decision, [ranks = ranks_](const std::function<bool()>& ready) { ranks.wait_until(ready); });
  return result;
}

State Learner::state() const {
  State state = with_prefix(model_state(*model_), "model.");
  state.merge(with_prefix(optimizer_.state(), "optimizer."));
  state.merge(with_prefix(losses_.main->state(), "loss."));
  if (losses_.auxiliary) state.merge(with_prefix(losses_.auxiliary->state(), "aux_loss."));
  if (ema_) state.merge(with_prefix(ema_->state(), "ema."));
  return state;
}

void Learner::load(const State& state) {
  load_state_exact(*model_, without_prefix(state, "model."), "the checkpoint");
  optimizer_.load(without_prefix(state, "optimizer."));
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
