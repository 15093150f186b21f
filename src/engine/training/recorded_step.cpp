#include "engine/training/recorded_step.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace seg {

StepOutputs RecordedStep::run(const StepInputs& inputs, const Work& work) {
  if (!may_record_) return work.launch(inputs);
  if (!fits(inputs)) begin_with(inputs);
  if (!graph_ && launched_++ == kStepsBefore) record(work.operations);
  if (!graph_) return work.launch(inputs);
  for (std::size_t i = 0; i < inputs.batches.size(); ++i) {
    places_.batches[i].images.copy_(inputs.batches[i].images);
    places_.batches[i].labels.copy_(inputs.batches[i].labels);
  }
  places_.learning_rate.copy_(inputs.learning_rate);
  places_.seed.copy_(inputs.seed);
  places_.stop_signal.copy_(inputs.stop_signal);
  graph_->replay();
  return outputs_;
}

bool RecordedStep::fits(const StepInputs& inputs) const {
  const auto fit = [](const Batch& a, const Batch& b) { return a.images.sizes() == b.images.sizes() && a.labels.sizes() == b.labels.sizes(); };
  return std::ranges::equal(places_.batches, inputs.batches, fit);
}

void RecordedStep::begin_with(const StepInputs& inputs) {
  graph_.reset();
  launched_ = 0;
  places_ = {{}, torch::empty_like(inputs.learning_rate), torch::empty_like(inputs.seed), torch::empty_like(inputs.stop_signal)};
  for (const Batch& batch : inputs.batches) places_.batches.push_back({torch::empty_like(batch.images), torch::empty_like(batch.labels), {}, {}});
}

void RecordedStep::record(const std::function<StepOutputs(const StepInputs&)>& operations) {
  try {
    release_device_memory(device_);  // the graph has its own memory
    graph_ = std::make_unique<CudaGraph>([&] { outputs_ = operations(places_); });
    spdlog::info("the training step is recorded as a CUDA graph");
  } catch (const std::exception& error) {
    may_record_ = false;
    const std::string text = error.what();
    spdlog::info("the training step is not recorded as a CUDA graph: {}", text.substr(0, text.find('\n')));
  }
}

std::string why_not_recorded(const TrainOptions& train, const Communicator& ranks) {
  if (train.cuda_graph == GraphMode::kOff) return "train.cuda_graph is off";
  if (train.deterministic) return "with train.deterministic, gathers and sorts of LibTorch may wait for the host";
  if (ranks.several()) return "several processes take part";
  return "";
}

}  // namespace seg
