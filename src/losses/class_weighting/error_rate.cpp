#include "losses/class_weighting/error_rate.hpp"

#include "base/error.hpp"

namespace seg {

ErrorRateWeights::ErrorRateWeights(ClassScore score, const ErrorRateOptions& options, std::int64_t classes, const torch::Device& device)
    : score_(score),
      options_(options),
      scores_(torch::zeros({classes}, torch::dtype(torch::kDouble).device(device))),
      observed_(torch::zeros({classes}, torch::dtype(torch::kBool).device(device))) {}

torch::Tensor ErrorRateWeights::weights(const ClassSums& sums) {
  const torch::Tensor present = sums.pixels.gt(0);
  torch::Tensor errors = sums.false_negatives, total = sums.pixels;
  if (score_ == ClassScore::kIou) {
    errors = errors + sums.false_positives();
    total = total + sums.false_positives();
  }
  if (options_.smoothing == ErrorRateSmoothing::kPublished) errors = errors.clamp_min(1);
  const torch::Tensor of_batch = errors.to(torch::kDouble) / total.clamp_min(1);
  return smoothed(of_batch, present).clamp_min(options_.floor).mul(present);
}

torch::Tensor ErrorRateWeights::smoothed(const torch::Tensor& of_batch, const torch::Tensor& present) {
  if (options_.momentum == 0) return of_batch;
  const torch::Tensor score = 1 - of_batch;
  const torch::Tensor mixed = torch::where(observed_, scores_ * options_.momentum + score * (1 - options_.momentum), score);
  scores_.copy_(torch::where(present, mixed, scores_));  // in place, which a recorded step needs
  observed_.logical_or_(present);
  return 1 - scores_;
}

State ErrorRateWeights::state() const {
  if (options_.momentum == 0) return {};
  return {{"scores", scores_.clone()}, {"observed", observed_.to(torch::kByte)}};
}

void ErrorRateWeights::load(const State& state) {
  if (options_.momentum == 0) return;
  const auto take = [&](const char* name, torch::ScalarType type) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != scores_.sizes()) {
      throw Error(ErrorKind::kStorage,
                  std::string("the state of the class weights has no '") + name + "' for " + std::to_string(scores_.size(0)) + " classes",
                  "resume with the loss.error_rate settings and classes of the run that saved it");
    }
    return found->second.to(type);
  };
  const torch::Tensor scores = take("scores", torch::kDouble), observed = take("observed", torch::kBool);
  scores_.copy_(scores);
  observed_.copy_(observed);
}

}  // namespace seg
