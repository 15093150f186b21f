// The table of class weightings: a new one is a row in it.
#include "losses/class_weighting/weighting_registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "losses/class_weighting/error_rate.hpp"

namespace seg {
namespace {

// Weights that are constant for the whole run, mostly computed from the pixels n_c of each class in the training labels.
//
//   inverse frequency  w_c = 1 / (K f_c), f_c = n_c / sum n
//   median frequency   w_c = median(g) / g_c, g_c = n_c over the pixels of the images that contain c (SegNet, arXiv 1511.00561)
//   effective number   w_c = (1 - b) / (1 - b^n_c), b = (N - 1) / N, scaled to sum K (arXiv 1901.05555); N = sum n, all labelled pixels
//                      (in the paper, N is the number of distinct samples of a class, which is unknown)
//   ENet               w_c = 1 / ln(1.02 + f_c) (arXiv 1606.02147)
//
// A class with n_c = 0 gets weight 1 and is left out of the median and the scaling.

double total(const std::vector<std::int64_t>& pixels) { return static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0})); }

/// Calls formula(n_c, c) for each class that has pixels; the others get 1.
template <class Formula>
std::vector<double> where_present(const ClassStatistics& statistics, const Formula& formula) {
  std::vector<double> weights(statistics.pixels.size(), 1.0);
  for (std::size_t c = 0; c < weights.size(); ++c) {
    if (statistics.pixels[c] > 0) weights[c] = formula(static_cast<double>(statistics.pixels[c]), c);
  }
  return weights;
}

/// The mean of the two middle values if their number is even; 1 if there are none.
double median(std::vector<double>& values) {
  if (values.empty()) return 1;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> inverse_frequency(const ClassStatistics& statistics) {
  const double sum = total(statistics.pixels), classes = static_cast<double>(statistics.pixels.size());
  return where_present(statistics, [&](double n, std::size_t) { return sum / (classes * n); });
}

std::vector<double> median_frequency(const ClassStatistics& statistics) {
  std::vector<double> frequencies;
  for (std::size_t c = 0; c < statistics.pixels.size(); ++c) {
    if (statistics.pixels[c] > 0)
      frequencies.push_back(static_cast<double>(statistics.pixels[c]) / static_cast<double>(statistics.pixels_of_images[c]));
  }
  const double middle = median(frequencies);
  return where_present(statistics, [&](double n, std::size_t c) { return middle * static_cast<double>(statistics.pixels_of_images[c]) / n; });
}

std::vector<double> effective_number(const ClassStatistics& statistics) {
  const double sum = total(statistics.pixels);
  // 1 - b = 1/N. Computes 1 - b^n without loss of precision for b close to 1. N = 1 gives b = 0, hence 1.
  std::vector<double> weights =
      where_present(statistics, [&](double n, std::size_t) { return sum > 1 ? 1 / (sum * -std::expm1(n * std::log1p(-1 / sum))) : 1.0; });
  double present = 0, weight = 0;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    present += statistics.pixels[c] > 0 ? 1.0 : 0.0;
    weight += statistics.pixels[c] > 0 ? weights[c] : 0.0;
  }
  return where_present(statistics, [&](double, std::size_t c) { return weights[c] * present / weight; });
}

std::vector<double> enet(const ClassStatistics& statistics) {
  const double sum = total(statistics.pixels);
  return where_present(statistics, [&](double n, std::size_t) { return 1 / std::log(1.02 + n / sum); });
}

/// Weights by class name; 1 for other classes. Throws kConfiguration for a name that is not a class.
std::vector<double> manual_weights(const std::map<std::string, double>& weights, const std::vector<std::string>& class_names) {
  std::vector<double> result(class_names.size(), 1.0);
  for (const auto& [name, weight] : weights) {
    const auto found = std::find(class_names.begin(), class_names.end(), name);
    if (found == class_names.end()) {
      std::string known;
      for (const std::string& class_name : class_names) known += (known.empty() ? "" : ", ") + class_name;
      throw Error(ErrorKind::kConfiguration, "loss.weighted_ce.weights: there is no class '" + name + "'", "the classes are: " + known);
    }
    result[static_cast<std::size_t>(found - class_names.begin())] = weight;
  }
  return result;
}

class StaticWeights : public ClassWeighting {
 public:
  StaticWeights(const std::vector<double>& weights, const torch::Device& device) : weights_(torch::tensor(weights, torch::kDouble).to(device)) {}

  torch::Tensor weights(const ClassSums&) override { return weights_; }

 private:
  torch::Tensor weights_;  // float64 [K]
};

struct Scheme {
  const char* name;
  bool is_static = false;                                            // true: the default normaliser is the sum of the weights
  std::vector<double> (*formula)(const ClassStatistics&) = nullptr;  // from the training set's statistics
  std::optional<ClassScore> follows = {};                            // the score in each batch from which weights are computed
  const char* key = nullptr;                                         // the key below `loss` that it reads
};

constexpr Scheme kSchemes[] = {
    {"uniform"},
    {"inverse_frequency", true, inverse_frequency},
    {"median_frequency", true, median_frequency},
    {"effective_number", true, effective_number},
    {"enet", true, enet},
    {"manual", true, nullptr, {}, "weighted_ce.weights"},
    {"recall", false, nullptr, ClassScore::kRecall, "error_rate."},
    {"iou", false, nullptr, ClassScore::kIou, "error_rate."},
};

const Scheme& scheme_of(const std::string& name) {
  for (const Scheme& scheme : kSchemes) {
    if (name == scheme.name) return scheme;
  }
  throw Error(ErrorKind::kConfiguration, "loss.weighting: there is no weighting '" + name + "'", "segtrain --help lists the weightings");
}

std::unique_ptr<ClassWeighting> make_weighting(const Scheme& scheme, const LossOptions& options, const LossContext& context) {
  const std::vector<std::string>& names = context.class_names;
  if (scheme.follows)
    return std::make_unique<ErrorRateWeights>(*scheme.follows, options.error_rate, static_cast<std::int64_t>(names.size()), context.device);
  if (scheme.formula == nullptr)
    return std::make_unique<StaticWeights>(
        scheme.is_static ? manual_weights(options.weighted_ce.weights, names) : std::vector<double>(names.size(), 1.0), context.device);
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (context.statistics->pixels[c] == 0) spdlog::warn("class '{}' has no pixel in the training labels: its weight is 1", names[c]);
  }
  return std::make_unique<StaticWeights>(scheme.formula(*context.statistics), context.device);
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

const char* weighting_key(const std::string& name) { return scheme_of(name).key; }

Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context) {
  const Scheme& scheme = scheme_of(name);
  Normalizer normalizer = scheme.is_static ? Normalizer::kWeightSum : Normalizer::kValidPixels;
  if (options.normalizer == LossNormalizer::kValidPixels) normalizer = Normalizer::kValidPixels;
  if (options.normalizer == LossNormalizer::kWeightSum) normalizer = Normalizer::kWeightSum;
  return {make_weighting(scheme, options, context), normalizer, options.error_rate.scope == ErrorRateScope::kLocal};
}

}  // namespace seg
