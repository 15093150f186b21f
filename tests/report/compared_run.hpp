// A run with made-up scores, to be compared with others.
#pragma once

#include <string>

#include "report/run/run.hpp"

namespace seg::test {

inline RunResult run_of(const std::string& loss, std::int64_t seed, double accuracy, double iou) {
  RunResult result;
  result.run = {.directory = loss + "-seed" + std::to_string(seed), .name = loss, .loss = loss, .dataset = "camvid", .seed = seed, .iterations = 100};
  EvaluationReport& report = result.evaluation;
  report.split = "test";
  report.class_names = {"rare", "road"};
  report.confusion = {.classes = 2, .counts = {1, 1, 0, 1, 9, 0}};
  report.scores.pixels = 12;
  report.scores.mean_accuracy = accuracy;
  report.scores.mean_iou = iou;
  report.scores.mean_precision = 0.5;
  report.scores.overall_accuracy = 0.8;
  report.scores.classes = {{2, accuracy, 0.5, iou, 0.5}, {10, 0.9, 0.9, 0.9, 0.9}};
  return result;
}

}  // namespace seg::test
