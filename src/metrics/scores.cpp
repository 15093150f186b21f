#include "metrics/scores.hpp"

namespace seg {

namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? std::optional(static_cast<double>(part) / static_cast<double>(whole)) : std::nullopt;
}

/// The mean of what is there.
std::optional<double> mean(const std::vector<ClassScores>& classes, std::optional<double> ClassScores::*score) {
  double sum = 0.0;
  std::int64_t count = 0;
  for (const ClassScores& one : classes) {
    if (!(one.*score)) continue;
    sum += *(one.*score);
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

ClassScores score_class(const ConfusionTable& table, std::int64_t c) {
  std::int64_t truth = table.missed(c);
  std::int64_t predicted = 0;
  for (std::int64_t other = 0; other < table.classes; ++other) {
    truth += table.at(c, other);
    predicted += table.at(other, c);
  }
  const std::int64_t hits = table.at(c, c);
  ClassScores scores;
  scores.pixels = truth;
  scores.accuracy = ratio(hits, truth);
  scores.iou = ratio(hits, truth + predicted - hits);
  scores.f1 = ratio(2 * hits, truth + predicted);
  scores.precision = ratio(hits, predicted);
  // There were pixels to find and none was predicted: that counts as 0, it is not undefined.
  if (!scores.precision && truth > 0) scores.precision = 0.0;
  return scores;
}

}  // namespace

Scores compute_scores(const ConfusionTable& table) {
  Scores scores;
  std::int64_t hits = 0;
  double weighted_iou = 0.0;
  for (std::int64_t c = 0; c < table.classes; ++c) {
    const ClassScores& one = scores.classes.emplace_back(score_class(table, c));
    scores.pixels += one.pixels;
    hits += table.at(c, c);
    weighted_iou += static_cast<double>(one.pixels) * one.iou.value_or(0.0);
  }
  scores.overall_accuracy = ratio(hits, scores.pixels);
  scores.mean_accuracy = mean(scores.classes, &ClassScores::accuracy);
  scores.mean_iou = mean(scores.classes, &ClassScores::iou);
  scores.mean_precision = mean(scores.classes, &ClassScores::precision);
  scores.mean_f1 = mean(scores.classes, &ClassScores::f1);
  if (scores.pixels > 0) scores.frequency_weighted_iou = weighted_iou / static_cast<double>(scores.pixels);
  return scores;
}

}  // namespace seg
