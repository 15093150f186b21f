#include "losses/class_weighting/recall.hpp"

#include "base/error.hpp"

namespace seg {

RecallWeights::RecallWeights(const RecallOptions& options, std::int64_t classes)
    : options_(options), recalls_(torch::zeros({classes}, torch::kDouble)), observed_(torch::zeros({classes}, torch::kBool)) {}

torch::Tensor RecallWeights::weights(const torch::Tensor& pixels, const torch::Tensor& false_negatives) {
  const torch::Tensor present = pixels.gt(0);
  const torch::Tensor missed = options_.smoothing == RecallSmoothing::kPublished ? false_negatives.clamp_min(1) : false_negatives;
  const torch::Tensor of_batch = (missed.to(torch::kDouble) / pixels.clamp_min(1)).mul(present);
  if (options_.momentum == 0) return of_batch;
  // New tensors each time: those that state() gave out stay as they were.
  const torch::Tensor before = recalls_.to(pixels.device()), seen = observed_.to(pixels.device());
  const torch::Tensor recall = 1 - of_batch;
  const torch::Tensor smoothed = torch::where(seen, before * options_.momentum + recall * (1 - options_.momentum), recall);
  recalls_ = torch::where(present, smoothed, before);
  observed_ = seen.logical_or(present);
  return (1 - recalls_).mul(present);
}

State RecallWeights::state() const {
  if (options_.momentum == 0) return {};
  return {{"recalls", recalls_}, {"observed", observed_.to(torch::kByte)}};
}

void RecallWeights::load(const State& state) {
  if (options_.momentum == 0) return;
  const auto take = [&](const char* name, torch::ScalarType type) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != recalls_.sizes()) {
      throw Error(ErrorKind::kStorage,
                  std::string("the state of the recall loss has no '") + name + "' for " + std::to_string(recalls_.size(0)) + " classes",
                  "resume with the loss.recall settings and classes of the run that saved it");
    }
    return found->second.to(type);
  };
  const torch::Tensor recalls = take("recalls", torch::kDouble), observed = take("observed", torch::kBool);
  recalls_ = recalls;
  observed_ = observed;
}

}  // namespace seg
