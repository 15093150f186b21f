// The table of losses: a new one is a file pair and a line here.
#include "base/error.hpp"
#include "losses/balanced_cross_entropy.hpp"
#include "losses/focal.hpp"
#include "losses/ldam.hpp"
#include "losses/lovasz.hpp"
#include "losses/ohem.hpp"
#include "losses/soft_iou.hpp"
#include "losses/sum.hpp"

namespace seg {
namespace {

using Made = std::unique_ptr<Loss>;

Weighting weighting_for(const LossOptions& options, const LossContext& context) { return build_weighting(weighting_of(options), options, context); }

Made make_balanced(const LossOptions& options, const LossContext& context) {
  return std::make_unique<BalancedCrossEntropy>(weighting_for(options, context), context.align_corners);
}
Made make_focal(const LossOptions& options, const LossContext& context) {
  return std::make_unique<FocalLoss>(options.focal, weighting_for(options, context), context.align_corners);
}
Made make_ohem(const LossOptions& options, const LossContext& context) {
  return std::make_unique<OhemLoss>(options.ohem, weighting_for(options, context), context.align_corners);
}
Made make_soft_iou(const LossOptions& options, const LossContext& context) {
  return std::make_unique<SoftIouLoss>(options.soft_iou, context.align_corners);
}
Made make_lovasz(const LossOptions& options, const LossContext& context) {
  return std::make_unique<LovaszLoss>(options.lovasz, context.align_corners);
}
Made make_ldam(const LossOptions& options, const LossContext& context) {
  return std::make_unique<LdamLoss>(options.ldam, *context.statistics, context.align_corners);
}
Made make_sum(const LossOptions& options, const LossContext& context);

/// Where a loss has its class weights from.
enum class WeightsFrom { kNone, kOption, kScheme, kRecall };

struct Entry {
  const char* name;
  WeightsFrom weights;
  bool needs_statistics;  // beside what its weighting needs
  Made (*make)(const LossOptions&, const LossContext&);
};

constexpr Entry kEntries[] = {
    {"ce", WeightsFrom::kOption, false, make_balanced},     {"weighted_ce", WeightsFrom::kScheme, false, make_balanced},
    {"recall", WeightsFrom::kRecall, false, make_balanced}, {"focal", WeightsFrom::kOption, false, make_focal},
    {"ohem", WeightsFrom::kOption, false, make_ohem},       {"soft_iou", WeightsFrom::kNone, false, make_soft_iou},
    {"lovasz", WeightsFrom::kNone, false, make_lovasz},     {"ldam", WeightsFrom::kNone, true, make_ldam},
    {"sum", WeightsFrom::kNone, false, make_sum},
};

const Entry& entry_of(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (name == entry.name) return entry;
  }
  throw Error(ErrorKind::kConfiguration, "loss.type: there is no '" + name + "'", "segtrain --help lists the losses");
}

/// The options of one part of a sum; loss.weighting goes to the parts that follow it.
LossOptions part_options(const LossOptions& options, const std::string& name) {
  LossOptions part = options;
  part.type = name;
  if (!follows_weighting(name)) part.weighting = "default";
  return part;
}

/// Calls visit(options of the part, factor) for each part of a sum.
template <class Visit>
void for_each_part(const LossOptions& options, const Visit& visit) {
  if (options.sum.empty()) throw Error(ErrorKind::kConfiguration, "loss.sum names no loss", "for example loss.sum: {ce: 1, lovasz: 1}");
  for (const auto& [name, factor] : options.sum) {
    if (name == "sum") throw Error(ErrorKind::kConfiguration, "loss.sum cannot hold another sum", "name the losses themselves");
    visit(part_options(options, name), factor);
  }
}

Made make_sum(const LossOptions& options, const LossContext& context) {
  std::vector<SumLoss::Part> parts;
  for_each_part(options, [&](const LossOptions& part, double factor) { parts.push_back({part.type, factor, build_loss(part, context)}); });
  return std::make_unique<SumLoss>(std::move(parts));
}

void check_statistics(const LossOptions& options, const LossContext& context) {
  if (!needs_statistics(options)) return;
  const bool fits = context.statistics && context.statistics->pixels.size() == context.class_names.size() &&
                    context.statistics->pixels_of_images.size() == context.class_names.size();
  if (!fits) throw Error(ErrorKind::kInternal, "loss '" + options.type + "' was built without class statistics of its classes");
}

}  // namespace

std::string weighting_of(const LossOptions& options) {
  const WeightsFrom from = entry_of(options.type).weights;
  std::string own = from == WeightsFrom::kScheme ? options.weighted_ce.scheme : from == WeightsFrom::kRecall ? "recall" : "uniform";
  if (options.weighting == "default" || options.weighting == own) return own;
  if (from == WeightsFrom::kOption) return options.weighting;
  throw Error(ErrorKind::kConfiguration,
              "loss.weighting is '" + options.weighting + "', but loss.type '" + options.type + "' has weights of its own or none",
              "leave loss.weighting at default, or take loss.type ce, focal or ohem");
}

bool follows_weighting(const std::string& loss) { return entry_of(loss).weights == WeightsFrom::kOption; }

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

void check_loss(const LossOptions& options) {
  if (options.type != "sum") {
    weighting_of(options);
    return;
  }
  bool followed = options.weighting == "default";
  for_each_part(options, [&](const LossOptions& part, double) {
    check_loss(part);
    followed |= follows_weighting(part.type);
  });
  if (!followed)
    throw Error(ErrorKind::kConfiguration, "loss.weighting is '" + options.weighting + "', but no part of loss.sum follows it",
                "leave loss.weighting at default, or put ce, focal or ohem into the sum");
}

bool needs_statistics(const LossOptions& options) {
  const Entry& entry = entry_of(options.type);
  bool needs = entry.needs_statistics || weighting_needs_statistics(options.type == "sum" ? "uniform" : weighting_of(options));
  if (options.type == "sum") for_each_part(options, [&](const LossOptions& part, double) { needs |= needs_statistics(part); });
  return needs;
}

std::unique_ptr<Loss> build_loss(const LossOptions& options, const LossContext& context) {
  check_statistics(options, context);
  return entry_of(options.type).make(options, context);
}

}  // namespace seg
