// The table of class weightings: a new one is a row here.
#include "losses/class_weighting/weighting_registry.hpp"

#include <spdlog/spdlog.h>

#include "base/error.hpp"
#include "losses/class_weighting/error_rate.hpp"
#include "losses/class_weighting/static_weights.hpp"

namespace seg {
namespace {

using MadeWeighting = std::unique_ptr<ClassWeighting>;

MadeWeighting make_uniform(const LossOptions&, const LossContext& context) {
  return std::make_unique<StaticWeights>(std::vector<double>(context.class_names.size(), 1.0), context.device);
}

MadeWeighting make_manual(const LossOptions& options, const LossContext& context) {
  return std::make_unique<StaticWeights>(manual_weights(options.weighted_ce.weights, context.class_names), context.device);
}

template <ClassScore score>
MadeWeighting make_error_rate(const LossOptions& options, const LossContext& context) {
  return std::make_unique<ErrorRateWeights>(score, options.error_rate, static_cast<std::int64_t>(context.class_names.size()), context.device);
}

using Formula = std::vector<double> (*)(const ClassStatistics&);

MadeWeighting make_counted(Formula formula, const LossContext& context) {
  for (std::size_t c = 0; c < context.class_names.size(); ++c) {
    if (context.statistics->pixels[c] == 0) spdlog::warn("class '{}' has no pixel in the training labels: its weight is 1", context.class_names[c]);
  }
  return std::make_unique<StaticWeights>(formula(*context.statistics), context.device);
}

struct Scheme {
  const char* name;
  bool is_static;                                                 // then the default is to divide by the sum of the weights
  Formula formula;                                                // from the training set's statistics, or nullptr and
  MadeWeighting (*make)(const LossOptions&, const LossContext&);  // another way
  const char* key = nullptr;                                      // below `loss`, that it reads
};

constexpr Scheme kSchemes[] = {
    {"uniform", false, nullptr, make_uniform},
    {"inverse_frequency", true, inverse_frequency, nullptr},
    {"median_frequency", true, median_frequency, nullptr},
    {"effective_number", true, effective_number, nullptr},
    {"enet", true, enet, nullptr},
    {"manual", true, nullptr, make_manual, "weighted_ce.weights"},
    {"recall", false, nullptr, make_error_rate<ClassScore::kRecall>, "error_rate."},
    {"iou", false, nullptr, make_error_rate<ClassScore::kIou>, "error_rate."},
};

const Scheme& scheme_of(const std::string& name) {
  for (const Scheme& scheme : kSchemes) {
    if (name == scheme.name) return scheme;
  }
  throw Error(ErrorKind::kConfiguration, "loss.weighting: there is no '" + name + "'", "segtrain --help lists the weightings");
}

}  // namespace

std::vector<std::string> weighting_names() {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) names.emplace_back(scheme.name);
  return names;
}

std::vector<std::string> static_weighting_names() {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.is_static) names.emplace_back(scheme.name);
  }
  return names;
}

bool weighting_needs_statistics(const std::string& name) { return scheme_of(name).formula != nullptr; }

std::vector<double> counted_weights(const std::string& name, const ClassStatistics& statistics) { return scheme_of(name).formula(statistics); }

std::vector<std::string> weighting_keys(const std::string& name) {
  const char* key = scheme_of(name).key;
  return key != nullptr ? std::vector<std::string>{key} : std::vector<std::string>{};
}

Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context) {
  const Scheme& scheme = scheme_of(name);
  Normalizer normalizer = scheme.is_static ? Normalizer::kWeightSum : Normalizer::kValidPixels;
  if (options.normalizer == LossNormalizer::kValidPixels) normalizer = Normalizer::kValidPixels;
  if (options.normalizer == LossNormalizer::kWeightSum) normalizer = Normalizer::kWeightSum;
  return {scheme.formula != nullptr ? make_counted(scheme.formula, context) : scheme.make(options, context), normalizer,
          options.error_rate.scope == ErrorRateScope::kLocal};
}

}  // namespace seg
