// The YAML block `loss`: the loss, the class weights, and the settings of each loss.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg {

std::vector<std::string> loss_names();              // the registry of losses
std::vector<std::string> weighting_names();         // the registry of class weightings
std::vector<std::string> static_weighting_names();  // weightings whose weights are constant

enum class ErrorRateSmoothing { kPublished, kNone };
enum class ErrorRateScope { kGlobal, kLocal };
enum class RegionClasses { kPresent, kAll };
enum class LossNormalizer { kDefault, kValidPixels, kWeightSum };

inline constexpr config::Name<ErrorRateSmoothing> kErrorRateSmoothings[] = {{ErrorRateSmoothing::kPublished, "published"},
                                                                            {ErrorRateSmoothing::kNone, "none"}};
inline constexpr config::Name<ErrorRateScope> kErrorRateScopes[] = {{ErrorRateScope::kGlobal, "global"}, {ErrorRateScope::kLocal, "local"}};
inline constexpr config::Name<RegionClasses> kRegionClasses[] = {{RegionClasses::kPresent, "present"}, {RegionClasses::kAll, "all"}};
inline constexpr config::Name<LossNormalizer> kLossNormalizers[] = {
    {LossNormalizer::kDefault, "default"}, {LossNormalizer::kValidPixels, "valid_pixels"}, {LossNormalizer::kWeightSum, "weight_sum"}};

struct ErrorRateOptions {
  ErrorRateSmoothing smoothing = ErrorRateSmoothing::kPublished;
  double momentum = 0.0;
  double floor = 0.0;
  ErrorRateScope scope = ErrorRateScope::kGlobal;

  void fields(config::Visitor& v) {
    v.choice(
        "smoothing", smoothing, kErrorRateSmoothings,
        {.help =
             "published: weights max(errors,1)/max(total,1) (FN/GT for recall); none: errors/total, so that a class without errors has no gradient"});
    v.field("momentum", momentum,
            {.help = "smoothing of recalls (IoUs) over forward passes, R <- m R + (1-m) R_batch; 0: none, 0.9 is usual", .min = 0.0, .max = 0.9999});
    v.field("floor", floor,
            {.help = "minimum weight of a class in the batch, so that a class without errors keeps learning", .min = 0.0, .max = 1.0});
    v.choice("scope", scope, kErrorRateScopes, {.help = "with several processes: global: errors of the whole batch, local: of each process's part"});
  }
};

struct WeightedCrossEntropyOptions {
  std::string scheme = "median_frequency";
  std::map<std::string, double> weights;

  void fields(config::Visitor& v) {
    v.field("scheme", scheme, {.help = "how the class weights of weighted_ce are computed", .choices = static_weighting_names()});
    v.field("weights", weights, {.help = "class name: weight, for scheme manual; other classes have weight 1", .min = 0.0, .max = 1e6});
  }
};

struct FocalOptions {
  double gamma = 2.0;

  void fields(config::Visitor& v) { v.field("gamma", gamma, {.help = "exponent of 1 - p; 0 gives cross entropy", .min = 0.0, .max = 10.0}); }
};

struct OhemOptions {
  double threshold = 0.7;
  std::int64_t min_kept = 100000;

  void fields(config::Visitor& v) {
    v.field("threshold", threshold, {.help = "pixels are kept if their true class has a lower probability than this", .min = 0.0, .max = 1.0});
    v.field("min_kept", min_kept, {.help = "minimum number of pixels kept per batch, the hardest first", .unit = "pixels", .min = 1, .max = 1e9});
  }
};

/// Options of soft_iou and lovasz.
struct RegionOptions {
  RegionClasses classes = RegionClasses::kPresent;

  void fields(config::Visitor& v) {
    v.choice("classes", classes, kRegionClasses, {.help = "present: mean over the classes in the batch's labels; all: mean over all classes"});
  }
};

struct LdamOptions {
  double max_margin = 0.5;
  double scale = 30.0;

  void fields(config::Visitor& v) {
    v.field("max_margin", max_margin, {.help = "margin of the rarest class", .unit = "logits", .min = 0.0, .max = 100.0});
    v.field("scale", scale,
            {.help = "factor on the logits after the margin; 30 in the paper, 1 trains more like cross entropy", .min = 1e-3, .max = 1e3});
  }
};

struct LogitAdjustmentOptions {
  double tau = 1.0;

  void fields(config::Visitor& v) {
    v.field("tau", tau,
            {.help = "factor of the log class frequencies that are added to the logits; 1 is balanced softmax", .min = -10.0, .max = 10.0});
  }
};

struct LossOptions {
  std::string type = "recall";
  std::string weighting = "default";
  LossNormalizer normalizer = LossNormalizer::kDefault;
  ErrorRateOptions error_rate;
  WeightedCrossEntropyOptions weighted_ce;
  FocalOptions focal;
  OhemOptions ohem;
  RegionOptions soft_iou;
  RegionOptions lovasz;
  LdamOptions ldam;
  LogitAdjustmentOptions la;
  std::map<std::string, double> sum = {{"ce", 1.0}, {"lovasz", 1.0}};

  void fields(config::Visitor& v) {
    std::vector<std::string> weightings = weighting_names();
    weightings.insert(weightings.begin(), "default");
    v.field("type", type, {.help = "the loss", .choices = loss_names()});
    v.field("weighting", weighting,
            {.help = "class weights of ce, focal and ohem; default: none (weighted_ce and recall have their own)", .choices = weightings});
    v.choice("normalizer", normalizer, kLossNormalizers,
             {.help = "divisor of the weighted sum; default: weight_sum for static weights, valid_pixels without weights and for recall"});
    v.block("error_rate", error_rate, "weights 1 - recall (recall loss, arXiv 2106.14917) and 1 - IoU (iou_gap), computed from the batch");
    v.block("weighted_ce", weighted_ce, "cross entropy with static class weights");
    v.block("focal", focal, "focal loss, each pixel (arXiv 1708.02002)");
    v.block("ohem", ohem, "cross entropy of only the hard pixels (arXiv 1604.03540)");
    v.block("soft_iou", soft_iou, "soft intersection over union (Rahman and Wang 2016)");
    v.block("lovasz", lovasz, "Lovasz-softmax over the batch (arXiv 1705.08790)");
    v.block("ldam", ldam, "margins by label distribution (arXiv 1906.07413)");
    v.block("la", la, "cross entropy of logits adjusted by class frequency (arXiv 2007.07314)");
    v.field("sum", sum, {.help = "loss name: factor, for type sum", .min = 0.0, .max = 1e6, .choices = summable()});
  }

 private:
  static std::vector<std::string> summable() {
    std::vector<std::string> names = loss_names();
    std::erase(names, "sum");
    return names;
  }
};

}  // namespace seg
