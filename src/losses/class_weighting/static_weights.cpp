#include "losses/class_weighting/static_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace seg {
namespace {

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

/// The mean of the two middle ones where the number is even; 1 of none.
double median(std::vector<double>& values) {
  if (values.empty()) return 1;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

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
  // 1 - b = 1/N; 1 - b^n without losing the digits of a b close to 1. N = 1 gives b = 0, hence 1.
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

std::vector<double> manual_weights(const std::map<std::string, double>& weights, const std::vector<std::string>& class_names) {
  std::vector<double> result(class_names.size(), 1.0);
  for (const auto& [name, weight] : weights) {
    const auto found = std::find(class_names.begin(), class_names.end(), name);
    if (found == class_names.end()) {
      std::string known;
      for (const std::string& class_name : class_names) known += (known.empty() ? "" : ", ") + class_name;
      throw Error(ErrorKind::kConfiguration, "loss.weighted_ce.weights: no class is called '" + name + "'", "the classes are: " + known);
    }
    result[static_cast<std::size_t>(found - class_names.begin())] = weight;
  }
  return result;
}

StaticWeights::StaticWeights(const std::vector<double>& weights, const torch::Device& device)
    : weights_(torch::tensor(weights, torch::kDouble).to(device)) {}

}  // namespace seg
