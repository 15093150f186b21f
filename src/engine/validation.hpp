// The validation of a run in training: scores, plain cross entropy, and the report of the best one.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/evaluation_panels.hpp"
#include "engine/evaluator.hpp"
#include "engine/experiment.hpp"
#include "report/evaluation_report.hpp"
#include "report/per_image.hpp"

namespace seg {

struct Validation {
  Evaluation evaluation;
  Scores scores;
  PerImageLog per_image;
  PanelChoice choice;
  std::vector<PanelPicture> panels;  // empty until draw_validation_panels
};

/// The validation split with the model as it is; the model is left in evaluation mode. Nothing if `should_stop` said so.
std::optional<Validation> run_validation(Experiment& experiment, const std::function<bool()>& should_stop);

/// Draws what the report shows; the model must hold the weights that were validated.
void draw_validation_panels(Validation& validation, Experiment& experiment, const std::function<bool()>& should_stop);

/// {"cross_entropy": ..., "mean_iou": ..., "mean_accuracy": ..., ...}
nlohmann::ordered_json validation_fields(const Validation& validation);

/// A score by the name that train.best gives it; empty where it is undefined.
std::optional<double> score_named(const Scores& scores, const std::string& name);

/// report.json, its companions and the panels in `folder`. Throws kStorage.
void write_validation_report(const Validation& validation, const Experiment& experiment, const std::filesystem::path& folder,
                             const std::filesystem::path& checkpoint);

/// How scores were made, for EvaluationReport::eval: what can change them.
nlohmann::ordered_json evaluation_settings(const RunConfig& config, const Compute& compute);

/// How the loader feeds an evaluation of `config`.
LoaderOptions evaluation_loader(const RunConfig& config);

}  // namespace seg
