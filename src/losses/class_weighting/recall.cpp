#include "losses/class_weighting/recall.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace seg {

std::vector<double> RecallWeights::compute(const ClassCounts& counts) {
  const std::size_t classes = recalls_.size();
  std::vector<double> weights(classes, 0.0);
  readings_.weights.assign(classes, std::nullopt);
  readings_.recalls.assign(classes, std::nullopt);
  for (std::size_t c = 0; c < classes; ++c) {
    if (counts.pixels[c] == 0) continue;
    const double pixels = static_cast<double>(counts.pixels[c]), missed = static_cast<double>(counts.false_negatives[c]);
    weights[c] = (options_.smoothing == "published" ? std::max(missed, 1.0) : missed) / pixels;
    if (options_.momentum > 0) {
      const double batch = 1 - weights[c];
      recalls_[c] = recalls_[c] ? options_.momentum * *recalls_[c] + (1 - options_.momentum) * batch : batch;
      weights[c] = 1 - *recalls_[c];
    }
    readings_.weights[c] = weights[c];
    readings_.recalls[c] = 1 - missed / pixels;
  }
  return weights;
}

State RecallWeights::state() const {
  if (options_.momentum == 0) return {};
  const auto size = static_cast<std::int64_t>(recalls_.size());
  torch::Tensor recalls = torch::zeros({size}, torch::kDouble), observed = torch::zeros({size}, torch::kByte);
  for (std::int64_t c = 0; c < size; ++c) {
    recalls.data_ptr<double>()[c] = recalls_[c].value_or(0.0);
    observed.data_ptr<std::uint8_t>()[c] = recalls_[c].has_value();
  }
  return {{"recalls", recalls}, {"observed", observed}};
}

void RecallWeights::load(const State& state) {
  if (options_.momentum == 0) return;
  const auto take = [&](const char* name, torch::ScalarType type) {
    const auto found = state.find(name);
    const bool fits = found != state.end() && found->second.dim() == 1 && found->second.size(0) == static_cast<std::int64_t>(recalls_.size());
    if (!fits) {
      throw Error(ErrorKind::kStorage,
                  std::string("the state of the recall loss has no '") + name + "' for " + std::to_string(recalls_.size()) + " classes",
                  "resume with the loss.recall settings and classes of the run that saved it");
    }
    return found->second.to(torch::kCPU, type).contiguous();
  };
  const torch::Tensor recalls = take("recalls", torch::kDouble), observed = take("observed", torch::kByte);
  for (std::size_t c = 0; c < recalls_.size(); ++c) {
    recalls_[c] = observed.data_ptr<std::uint8_t>()[c] != 0 ? std::optional(recalls.data_ptr<double>()[c]) : std::nullopt;
  }
}

}  // namespace seg
