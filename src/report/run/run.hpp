// Describes a run from its directory: the first "start" event of metrics.jsonl, and the reports under eval/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "report/run/evaluation_report.hpp"
#include "scores/tau_curve.hpp"

namespace seg {

struct RunDescription {
  std::filesystem::path directory;
  std::string name;
  std::string loss;
  std::string label = {};  // what comparisons call the loss (comparison/labels.hpp)
  std::string dataset;
  std::int64_t seed = 0;
  std::int64_t iterations = 0;  // planned number
};

struct RunResult {
  RunDescription run;
  EvaluationReport evaluation;
  std::vector<ImageCounts> images;  // of the evaluation; empty if it has no per_image.jsonl
  TauCurve curve;                   // of the evaluation; without taus if it has none
};

/// Throws kData if the directory has no run.
RunDescription read_run(const std::filesystem::path& directory);
/// Reads a run with eval/test/report.json, or else eval/val/report.json. Throws kData.
RunResult read_run_result(const std::filesystem::path& directory);

/// Every eval/SPLIT/report.json, sorted by name.
std::vector<std::filesystem::path> evaluation_reports(const std::filesystem::path& directory);

/// A summary for people: the run, its last training and validation events, and its evaluations. Throws kData.
std::string run_summary(const std::filesystem::path& directory);

}  // namespace seg
