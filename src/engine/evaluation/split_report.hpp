// The evaluation of a split with the report on it: what segeval and each validation of a run give.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/evaluation/evaluator.hpp"
#include "engine/evaluation/panel_choice.hpp"
#include "report/run/evaluation_report.hpp"
#include "report/run/per_image.hpp"
#include "scores/tau_curve.hpp"

namespace seg {

struct SplitReport {
  EvaluationReport report;
  std::optional<double> cross_entropy;  // as Evaluation has it
  PerImageLog per_image;
  TauCurve curve;                      // of request.taus
  std::vector<Panel> shown;            // the images that the report shows
  std::vector<PanelPicture> pictures;  // of them; empty until draw_panels()

  /// report.json, its companions and the pictures in `folder`. Throws kStorage.
  void write(const std::filesystem::path& folder) const;
  /// {"cross_entropy": ..., "mean_iou": ..., "mean_accuracy": ..., ...}
  nlohmann::ordered_json fields() const;
};

/// evaluate(), and its report, of which split, checkpoint, eval (evaluation_settings()) and notes are given; request.on_image is called too. Nothing
/// if should_stop said so.
std::optional<SplitReport> evaluate_and_report(const Inference& inference, const std::shared_ptr<const Dataset>& dataset,
                                               const EvaluationRequest& request, const EvaluationReport& head);

/// How scores were made, for EvaluationReport::eval: what can change them.
nlohmann::ordered_json evaluation_settings(const RunConfig& config, const Compute& compute);

/// A score by the name that train.best gives it; empty where it is undefined.
std::optional<double> score_named(const Scores& scores, const std::string& name);

}  // namespace seg
