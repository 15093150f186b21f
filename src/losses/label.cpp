#include <algorithm>

#include "config/print.hpp"
#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

namespace {

/// The blocks and fields below `loss` that change what a loss other than a sum computes.
std::vector<std::string> keys_that_matter(const LossOptions& options) {
  std::vector<std::string> keys;
  if (options.type != "weighted_ce") keys.push_back(options.type + ".");  // its scheme is its weighting
  const std::string weighting = weighting_of(options);
  if (weighting == "recall") keys.emplace_back("recall.");
  if (weighting == "manual") keys.emplace_back("weighted_ce.weights");
  // With equal weights both normalisers divide by the same number.
  if (weighting != "uniform") keys.emplace_back("normalizer");
  return keys;
}

/// "+enet" where loss.weighting brings weights, ":enet" for another scheme of weighted_ce.
std::string weighting_label(const LossOptions& options) {
  if (options.type == "weighted_ce" && options.weighted_ce.scheme != LossOptions().weighted_ce.scheme) return ":" + options.weighted_ce.scheme;
  const std::string weighting = options.type == "sum" ? options.weighting : weighting_of(options);
  const bool own = options.type == "weighted_ce" || options.type == "recall" || weighting == "uniform" || weighting == "default";
  return own ? "" : "+" + weighting;
}

std::vector<std::string> keys_of_sum(const LossOptions& options) {
  std::vector<std::string> keys{"sum"};
  for (const auto& [name, factor] : options.sum) {
    LossOptions part = options;
    part.type = name;
    if (!follows_weighting(name)) part.weighting = "default";
    const std::vector<std::string> own = keys_that_matter(part);
    keys.insert(keys.end(), own.begin(), own.end());
    if (name == "weighted_ce") keys.emplace_back("weighted_ce.scheme");
  }
  return keys;
}

}  // namespace

std::string loss_label(const LossOptions& options) {
  const std::vector<std::string> keys = options.type == "sum" ? keys_of_sum(options) : keys_that_matter(options);
  std::string label = options.type + weighting_label(options);
  for (const config::Difference& difference : config::differences(LossOptions(), options)) {
    const std::string& key = difference.key;
    if (std::none_of(keys.begin(), keys.end(), [&](const std::string& wanted) { return key.starts_with(wanted); })) continue;
    const bool own = key.starts_with(options.type + ".");
    label += " " + (key == "sum" ? "" : (own ? key.substr(options.type.size() + 1) : key) + " ") + difference.after;
  }
  return label;
}

}  // namespace seg
