// Options of prediction and evaluation: the YAML block `eval`.
#pragma once

#include <vector>

#include "base/size.hpp"
#include "config/fields.hpp"

namespace seg {

enum class EvalInput { kAuto, kNative, kResized };
enum class ScoredSize { kLabels, kInput };

inline constexpr config::Name<EvalInput> kEvalInputs[] = {
    {EvalInput::kAuto, "auto"}, {EvalInput::kNative, "native"}, {EvalInput::kResized, "resized"}};
inline constexpr config::Name<ScoredSize> kScoredSizes[] = {{ScoredSize::kLabels, "labels"}, {ScoredSize::kInput, "input"}};

struct EvalOptions {
  EvalInput input = EvalInput::kAuto;
  ScoredSize size = ScoredSize::kLabels;
  bool flip = false;
  std::vector<double> scales = {1.0};
  Size window;
  double overlap = 0.25;
  double logit_adjustment = 0.0;

  void fields(config::Visitor& v) {
    v.choice("input", input, kEvalInputs,
             {.help = "native: frames at their own size; resized: frames at data.size; auto: resized unless training crops", .harmless = true});
    v.choice("size", size, kScoredSizes, {.help = "labels: score at the labels' own size; input: at the network's input size", .harmless = true});
    v.field("flip", flip, {.help = "average with the prediction for the mirrored image", .harmless = true});
    v.field("scales", scales, {.help = "average the predictions at these input scales", .min = 0.1, .max = 8, .harmless = true});
    v.field("window", window,
            {.help = "sliding window for large images; [0, 0]: the whole image at once", .unit = "pixels", .min = 0, .max = 65536, .harmless = true});
    v.field("overlap", overlap, {.help = "share of a window that overlaps its neighbour", .min = 0, .max = 0.9, .harmless = true});
    v.field("logit_adjustment", logit_adjustment,
            {.help = "tau: tau times the log frequency of each class in training is subtracted from its logit; above 0, rare classes are found more "
                     "often (segeval --choose-tau selects it)",
             .min = -10,
             .max = 10,
             .harmless = true});
  }
};

}  // namespace seg
