// What a run directory says about itself: the first "start" event of metrics.jsonl, and the reports under eval/.
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
  std::int64_t iterations = 0;  // as planned
};

struct RunResult {
  RunDescription run;
  EvaluationReport evaluation;
  std::vector<ImageCounts> images;  // of the evaluation; empty where it has no per_image.jsonl
  TauCurve curve;                   // likewise; without taus where it has none
};

/// Throws kData where the directory holds no run.
RunDescription read_run(const std::filesystem::path& directory);
/// With eval/test/report.json if there is one, else eval/val/report.json. Throws kData.
RunResult read_run_result(const std::filesystem::path& directory);

/// Every eval/SPLIT/report.json, sorted by name.
std::vector<std::filesystem::path> evaluation_reports(const std::filesystem::path& directory);

/// What the run is, its last training and validation events, and its evaluations, for people. Throws kData.
std::string run_summary(const std::filesystem::path& directory);

}  // namespace seg
