// The table of losses: a new loss is a file pair and a row in it.
#include "losses/loss_registry.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "config/print.hpp"
#include "losses/balanced_cross_entropy.hpp"
#include "losses/focal.hpp"
#include "losses/iou_gap.hpp"
#include "losses/ldam.hpp"
#include "losses/logit_adjustment.hpp"
#include "losses/lovasz.hpp"
#include "losses/ohem.hpp"
#include "losses/soft_iou.hpp"
#include "losses/sum.hpp"

namespace seg {
namespace {

template <class Kind>
std::unique_ptr<Loss> make(const LossOptions& options, const LossContext& context) {
  return std::make_unique<Kind>(options, context);
}

std::string none(const LossOptions&) { return "uniform"; }
std::string scheme(const LossOptions& options) { return options.weighted_ce.scheme; }
std::string recall(const LossOptions&) { return "recall"; }
std::string iou(const LossOptions&) { return "iou"; }

struct Entry {
  const char* name;
  std::unique_ptr<Loss> (*make)(const LossOptions&, const LossContext&);  // nullptr: the loss is a sum of parts
  std::string (*own_weighting)(const LossOptions&);                       // nullptr: it uses loss.weighting
  const char* key = nullptr;                                              // the key below `loss` that it reads
  bool needs_statistics = false;                                          // itself, apart from its weighting
  std::vector<SumPart> (*parts)(const LossOptions&) = nullptr;            // the parts of a sum; nullptr: it is a single loss
};

constexpr Entry kEntries[] = {
    {"ce", make<BalancedCrossEntropy>, nullptr},  // weighted according to loss.weighting
    {"weighted_ce", make<BalancedCrossEntropy>, scheme, "weighted_ce.scheme"},
    {"recall", make<BalancedCrossEntropy>, recall},
    {"focal", make<FocalLoss>, nullptr, "focal."},
    {"ohem", make<OhemLoss>, nullptr, "ohem."},
    {"soft_iou", make<SoftIouLoss>, none, "soft_iou."},
    {"lovasz", make<LovaszLoss>, none, "lovasz."},
    {"ldam", make<LdamLoss>, none, "ldam.", true},
    {"la", make<LogitAdjustmentLoss>, none, "la.", true},
    {"iou_gap", nullptr, iou, nullptr, false, iou_gap_parts},
    {"sum", nullptr, none, "sum", false, sum_parts},
};

const Entry& entry_of(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (name == entry.name) return entry;
  }
  throw Error(ErrorKind::kConfiguration, "loss.type: there is no loss '" + name + "'", "segtrain --help lists the losses");
}

/// "ce, focal or ohem".
std::string followers() {
  std::vector<std::string> names = loss_names();
  std::erase_if(names, [](const std::string& name) { return !follows_weighting(name); });
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

/// The losses to compute: the loss itself, or the parts of a sum.
std::vector<SumPart> parts_of(const LossOptions& options) {
  const Entry& entry = entry_of(options.type);
  return entry.parts != nullptr ? entry.parts(options) : std::vector<SumPart>{{options, 1.0}};
}

/// The class weighting, if it is not the default of the type: "+enet" if set by loss.weighting, ":enet" if set by the loss's own settings.
std::string weighting_label(const LossOptions& options, bool composed) {
  if (composed) return options.weighting == "default" || options.weighting == "uniform" ? "" : "+" + options.weighting;
  LossOptions plain;
  plain.type = options.type;
  const std::string weighting = weighting_of(options);
  if (weighting == weighting_of(plain)) return "";
  return (follows_weighting(options.type) ? "+" : ":") + weighting;
}

/// The keys and blocks below `loss` that affect the result.
std::vector<std::string> keys_that_matter(const std::vector<SumPart>& parts) {
  std::vector<std::string> keys;
  for (const auto& [part, factor] : parts) {
    if (const char* key = entry_of(part.type).key) keys.emplace_back(key);
    const std::string weighting = weighting_of(part);
    if (const char* key = weighting_key(weighting)) keys.emplace_back(key);
    // With equal weights both normalisers are the same.
    if (weighting != "uniform") keys.emplace_back("normalizer");
  }
  return keys;
}

void check_statistics(const LossOptions& options, const LossContext& context) {
  if (!needs_statistics(options)) return;
  const bool fits = context.statistics && context.statistics->pixels.size() == context.class_names.size() &&
                    context.statistics->pixels_of_images.size() == context.class_names.size();
  if (!fits) throw Error(ErrorKind::kInternal, "loss '" + options.type + "' was built without class statistics of its classes");
}

}  // namespace

std::string weighting_of(const LossOptions& options) {
  const Entry& entry = entry_of(options.type);
  std::string own = entry.own_weighting != nullptr ? entry.own_weighting(options) : "uniform";
  if (options.weighting == "default" || options.weighting == own) return own;
  if (entry.own_weighting == nullptr) return options.weighting;
  throw Error(ErrorKind::kConfiguration,
              "loss.weighting is '" + options.weighting + "', but loss.type '" + options.type + "' has its own weights or none",
              "leave loss.weighting at default, or use loss.type " + followers());
}

bool follows_weighting(const std::string& loss) { return entry_of(loss).own_weighting == nullptr; }

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

void check_loss(const LossOptions& options) {
  const std::vector<SumPart> parts = parts_of(options);
  for (const SumPart& part : parts) weighting_of(part.options);
  if (options.error_rate.scope == ErrorRateScope::kLocal && options.error_rate.momentum > 0)
    throw Error(ErrorKind::kConfiguration,
                "loss.error_rate.scope: local does not work with momentum: smoothed recalls (IoUs) would differ between processes",
                "set loss.error_rate.momentum to 0, or loss.error_rate.scope to global");
  const bool followed = std::ranges::any_of(parts, [](const SumPart& part) { return part.options.weighting != "default"; });
  if (options.weighting != "default" && !followed)
    throw Error(ErrorKind::kConfiguration, "loss.weighting is '" + options.weighting + "', but no part of loss.sum uses it",
                "leave loss.weighting at default, or add " + followers() + " to the sum");
}

bool needs_statistics(const LossOptions& options) {
  return std::ranges::any_of(parts_of(options), [](const SumPart& part) {
    return entry_of(part.options.type).needs_statistics || weighting_needs_statistics(weighting_of(part.options));
  });
}

std::unique_ptr<Loss> build_loss(const LossOptions& options, const LossContext& context) {
  check_statistics(options, context);
  const Entry& entry = entry_of(options.type);
  return entry.parts != nullptr ? std::make_unique<SumLoss>(entry.parts(options), context) : entry.make(options, context);
}

std::string loss_label(const LossOptions& options) {
  const std::vector<SumPart> parts = parts_of(options);
  const bool composed = parts.front().options.type != options.type;
  const std::string weighting = weighting_label(options, composed);
  std::vector<std::string> keys = keys_that_matter(parts);
  const char* const own_key = entry_of(options.type).key;
  if (composed && own_key != nullptr) keys.emplace_back(own_key);
  if (weighting.starts_with(":") && own_key != nullptr) std::erase(keys, own_key);

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
