#include "engine/training/learner_ahead.hpp"

#include <spdlog/spdlog.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>

#include "data/augment/batch_changes.hpp"
#include "engine/training/learner_step.hpp"
#include "ops/drawn_number.hpp"

namespace seg {

void Learner::Ahead::take(const std::vector<Batch>& given, const torch::Device& device) {
  const auto fit = [](const Batch& a, const Batch& b) { return a.images.sizes() == b.images.sizes() && a.labels.sizes() == b.labels.sizes(); };
  if (!std::ranges::equal(batches, given, fit)) {
    recorded.reset();
    steps = 0;
    batches.clear();
    for (const Batch& batch : given) batches.push_back({torch::empty_like(batch.images, device), torch::empty_like(batch.labels, device), {}, {}});
  }
  std::vector<torch::Tensor> host;
  for (const Batch& batch : given) host.insert(host.end(), {batch.images, batch.labels});
  const Upload upload(host, device, uploads);
  const DeviceStream::Scope scope(stream);
  for (std::size_t i = 0; i < given.size(); ++i) {
    // Here, since how samples are changed together differs from batch to batch, which cannot be recorded.
    const auto [images, labels] = make_changes(upload.tensors()[2 * i], upload.tensors()[2 * i + 1], given[i].changes);
    batches[i].images.copy_(images);
    batches[i].labels.copy_(labels);
  }
}

StepResult Learner::step_ahead(const std::vector<Batch>& micro_batches, std::int64_t iteration, StepTiming timing, int stop_signal) {
  Ahead& ahead = *ahead_;
  ahead.take(micro_batches, compute_.device);
  const DeviceStream::Scope scope(ahead.stream);
  ahead.learning_rate.fill_(learning_rate_at(iteration));
  ahead.seed.fill_(static_cast<std::int64_t>(seed_at(iteration, 0)));
  ahead.stop_signal.fill_(stop_signal);
  torch::manual_seed(seed_at(iteration, 0));  // of what LibTorch draws by itself, where our kernels are off
  const auto work = [&](const Undo& before) {
    const DrawScope draws(ahead.seed);
    Step step(*this, timing);
    clear_gradients(groups_);
    for (std::size_t micro = 0; micro < ahead.batches.size(); ++micro)
      step.accumulate(ahead.batches[micro], 1.0 / static_cast<double>(ahead.batches.size()), micro + 1 == ahead.batches.size());
    return step.finish_ahead(ahead, before);
  };
  const bool whole = timing == StepTiming::kWhole;
  if (whole && !ahead.recorded && ahead.may_record && ahead.steps++ == Ahead::kStepsBefore)
    ahead.record(compute_.device, [&] { return work(undo()); });
  if (whole && ahead.recorded) ahead.recorded->replay();
  StepResult result = whole && ahead.recorded ? ahead.recorded_result : with_undo(work);
  result.learning_rate = learning_rate_at(iteration);
  const auto waiter = [ranks = ranks_](const std::function<bool()>& ready) { ranks.wait_until(ready); };
  result.outcome = HostCopy(ahead.outcome, waiter);
  return result;
}

std::string why_not_recorded(const TrainOptions& train, const Communicator& ranks) {
  if (train.cuda_graph == CudaGraph::kOff) return "train.cuda_graph is off";
  if (train.deterministic) return "with train.deterministic LibTorch's gathers and sorts may wait for the host";
  if (ranks.several()) return "several processes take part";
  return "";
}

void Learner::Ahead::record(const torch::Device& device, const std::function<StepResult()>& work) {
  try {
    release_device_memory(device);
    recorded = std::make_unique<RecordedWork>([&] { recorded_result = work(); });
    spdlog::info("the training step is recorded as a CUDA graph");
  } catch (const std::exception& error) {
    may_record = false;
    const std::string text = error.what();
    spdlog::info("the training step is not recorded as a CUDA graph: {}", text.substr(0, text.find('\n')));
  }
}

}  // namespace seg
