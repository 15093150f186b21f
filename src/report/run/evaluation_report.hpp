// Writes the result of an evaluation to files: report.json, per_class.csv, confusion.csv; and prints it as a table.
//
// report.json, in this order; fractions 0..1, null where undefined (see scores/scores.hpp):
//   split, images, pixels, overall_accuracy, mean_accuracy, mean_iou, mean_precision, mean_f1, frequency_weighted_iou,
//   mean_iou_by_image, mean_iou_by_class, boundary_iou,
//   classes: [{id, name, pixels, accuracy, precision, iou, f1}], confusion: [K][K] integers, rows = ground truth, checkpoint,
//   missed: [K] valid pixels predicted as none of the classes, left_out: {mean_accuracy: [names], mean_iou: [names]} (the classes
//   that are not in the means; mean_precision and mean_f1 leave out those of mean_iou), eval: how the predictions were made
//   (input "native" or [height, width], size "labels" or "input", flip, scales, window, overlap, precision), then the notes' own keys.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scores/scores.hpp"

namespace seg {

struct EvaluationReport {
  std::string split;
  std::int64_t images = 0;
  std::string checkpoint;                // path
  std::vector<std::string> class_names;  // [K]
  ConfusionTable confusion;
  Scores scores;
  nlohmann::ordered_json eval = nlohmann::ordered_json::object();   // empty: unknown
  nlohmann::ordered_json notes = nlohmann::ordered_json::object();  // additional keys, such as classes without a counterpart
};

nlohmann::ordered_json to_json(const EvaluationReport& report);

/// Writes report.json, per_class.csv and confusion.csv to `folder` and creates it. Throws kStorage.
void write_evaluation_report(const EvaluationReport& report, const std::filesystem::path& folder);
/// Reads report.json; keys after eval become notes. Throws kData for a missing file or one with another format.
EvaluationReport read_evaluation_report(const std::filesystem::path& file);

/// A table with one line per class and one for the means, in per cent.
std::string evaluation_text(const EvaluationReport& report);

}  // namespace seg
