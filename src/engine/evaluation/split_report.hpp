// Evaluates a split and makes the report on it. segeval and each validation of a run use it.
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
  std::optional<double> cross_entropy;  // see Evaluation
  PerImageLog per_image;
  TauCurve curve;                      // of request.taus
  std::vector<Panel> shown;            // the images that the report shows
  std::vector<PanelPicture> pictures;  // of these images; empty until draw_panels()

  /// Writes report.json, the files beside it and the pictures to `folder`. Throws kStorage.
  void write(const std::filesystem::path& folder) const;
  /// {"cross_entropy": ..., "mean_iou": ..., "mean_accuracy": ..., ...}
  nlohmann::ordered_json fields() const;
};

/// Runs evaluate() and makes its report. The arguments give the report's split, checkpoint, eval (evaluation_settings()) and notes. Calls
/// request.on_image. Returns nothing if should_stop returned true.
std::optional<SplitReport> evaluate_and_report(const Inference& inference, const std::shared_ptr<const Dataset>& dataset,
                                               const EvaluationRequest& request, const EvaluationReport& head);

/// The settings that can change the scores, for EvaluationReport::eval.
nlohmann::ordered_json evaluation_settings(const RunConfig& config, const Compute& compute);

/// The score with this name, a value of train.best; empty if the score is undefined.
std::optional<double> score_named(const Scores& scores, const std::string& name);

}  // namespace seg
