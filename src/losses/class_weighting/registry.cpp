// The table of class weightings: a new one is a line here.
#include <spdlog/spdlog.h>

#include "base/error.hpp"
#include "losses/class_weighting/recall.hpp"
#include "losses/class_weighting/static_weights.hpp"

namespace seg {
namespace {

using Made = std::unique_ptr<ClassWeighting>;

Made make_uniform(const LossOptions&, const LossContext& context) {
  return std::make_unique<StaticWeights>(std::vector<double>(context.class_names.size(), 1.0));
}

Made make_manual(const LossOptions& options, const LossContext& context) {
  return std::make_unique<StaticWeights>(manual_weights(options.weighted_ce.weights, context.class_names));
}

Made make_recall(const LossOptions& options, const LossContext& context) {
  return std::make_unique<RecallWeights>(options.recall, context.class_names.size());
}

template <std::vector<double> (*formula)(const ClassStatistics&)>
Made make_static(const LossOptions&, const LossContext& context) {
  for (std::size_t c = 0; c < context.class_names.size(); ++c) {
    if (context.statistics->pixels[c] == 0) spdlog::warn("class '{}' has no pixel in the training labels: its weight is 1", context.class_names[c]);
  }
  return std::make_unique<StaticWeights>(formula(*context.statistics));
}

struct Entry {
  const char* name;
  bool needs_statistics;
  Normalizer normalizer;  // the default
  Made (*make)(const LossOptions&, const LossContext&);
};

constexpr Entry kEntries[] = {
    {"uniform", false, Normalizer::kValidPixels, make_uniform},
    {"inverse_frequency", true, Normalizer::kWeightSum, make_static<inverse_frequency>},
    {"median_frequency", true, Normalizer::kWeightSum, make_static<median_frequency>},
    {"effective_number", true, Normalizer::kWeightSum, make_static<effective_number>},
    {"enet", true, Normalizer::kWeightSum, make_static<enet>},
    {"manual", false, Normalizer::kWeightSum, make_manual},
    {"recall", false, Normalizer::kValidPixels, make_recall},
};

const Entry& entry_of(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (name == entry.name) return entry;
  }
  throw Error(ErrorKind::kConfiguration, "loss.weighting: there is no '" + name + "'");
}

}  // namespace

std::vector<std::string> weighting_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

bool weighting_needs_statistics(const std::string& name) { return entry_of(name).needs_statistics; }

Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context) {
  const Entry& entry = entry_of(name);
  Normalizer normalizer = entry.normalizer;
  if (options.normalizer == "valid_pixels") normalizer = Normalizer::kValidPixels;
  if (options.normalizer == "weight_sum") normalizer = Normalizer::kWeightSum;
  return {entry.make(options, context), normalizer};
}

double divisor(Normalizer normalizer, const std::vector<double>& weights, const std::vector<std::int64_t>& pixels) {
  double sum = 0;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    sum += static_cast<double>(pixels[c]) * (normalizer == Normalizer::kWeightSum ? weights[c] : 1.0);
  }
  return sum;
}

}  // namespace seg
