#include "losses/label.hpp"

#include <algorithm>

#include "config/print.hpp"
#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

namespace {

/// The class weighting where it is not what the type has by default: "+enet" where loss.weighting brings it, ":enet" where the loss's own
/// settings do.
std::string weighting_label(const LossOptions& options, bool composed) {
  if (composed) return options.weighting == "default" || options.weighting == "uniform" ? "" : "+" + options.weighting;
  LossOptions plain;
  plain.type = options.type;
  const std::string weighting = weighting_of(options);
  if (weighting == weighting_of(plain)) return "";
  return (follows_weighting(options.type) ? "+" : ":") + weighting;
}

void append(std::vector<std::string>& keys, const std::vector<std::string>& more) { keys.insert(keys.end(), more.begin(), more.end()); }

/// The keys and blocks below `loss` that change what is computed.
std::vector<std::string> keys_that_matter(const std::vector<LossOptions>& parts) {
  std::vector<std::string> keys;
  for (const LossOptions& part : parts) {
    append(keys, loss_keys(part.type));
    const std::string weighting = weighting_of(part);
    append(keys, weighting_keys(weighting));
    // With equal weights both normalisers divide by the same number.
    if (weighting != "uniform") keys.emplace_back("normalizer");
  }
  return keys;
}

}  // namespace

std::string loss_label(const LossOptions& options) {
  const std::vector<LossOptions> parts = parts_of(options);
  const bool composed = parts.front().type != options.type;
  const std::string weighting = weighting_label(options, composed);
  std::vector<std::string> keys = keys_that_matter(parts);
  if (composed) append(keys, loss_keys(options.type));
  if (weighting.starts_with(":"))
    for (const std::string& told : loss_keys(options.type)) std::erase(keys, told);

  std::string label = options.type + weighting;
  for (const config::Difference& difference : config::differences(LossOptions(), options)) {
    const std::string& key = difference.key;
    if (std::none_of(keys.begin(), keys.end(), [&](const std::string& wanted) { return key.starts_with(wanted); })) continue;
    const bool own = key.starts_with(options.type + ".");
    label += " " + (key == options.type ? "" : (own ? key.substr(options.type.size() + 1) : key) + " ") + difference.after;
  }
  return label;
}

}  // namespace seg
