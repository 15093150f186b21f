#include "report/scores.hpp"

namespace seg {

namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? std::optional(static_cast<double>(part) / static_cast<double>(whole)) : std::nullopt;
}

/// The mean of what is there.
std::optional<double> mean_of(const std::vector<ClassScores>& classes, std::optional<double> ClassScores::*score) {
  double sum = 0.0;
  std::int64_t count = 0;
  for (const ClassScores& one : classes) {
    if (!(one.*score)) continue;
    sum += *(one.*score);
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

ClassScores score_class(const ClassPixels& pixels) {
  ClassScores scores;
  scores.pixels = pixels.truth;
  scores.accuracy = ratio(pixels.both, pixels.truth);
  scores.iou = ratio(pixels.both, pixels.truth + pixels.predicted - pixels.both);
  scores.f1 = ratio(2 * pixels.both, pixels.truth + pixels.predicted);
  scores.precision = ratio(pixels.both, pixels.predicted);
  // There were pixels to find and none was predicted: that counts as 0, it is not undefined.
  if (!scores.precision && pixels.truth > 0) scores.precision = 0.0;
  return scores;
}

}  // namespace

std::vector<ClassPixels> class_pixels(const ConfusionTable& table) {
  std::vector<ClassPixels> pixels(static_cast<std::size_t>(table.classes));
  for (std::int64_t truth = 0; truth < table.classes; ++truth) {
    pixels[truth].truth += table.missed(truth);
    pixels[truth].both = table.at(truth, truth);
    for (std::int64_t predicted = 0; predicted < table.classes; ++predicted) {
      pixels[truth].truth += table.at(truth, predicted);
      pixels[predicted].predicted += table.at(truth, predicted);
    }
  }
  return pixels;
}

Scores scores_of(const std::vector<ClassPixels>& classes) {
  Scores scores;
  std::int64_t hits = 0;
  double weighted_iou = 0.0;
  for (const ClassPixels& pixels : classes) {
    const ClassScores& one = scores.classes.emplace_back(score_class(pixels));
    scores.pixels += one.pixels;
    hits += pixels.both;
    weighted_iou += static_cast<double>(one.pixels) * one.iou.value_or(0.0);
  }
  scores.overall_accuracy = ratio(hits, scores.pixels);
  scores.mean_accuracy = mean_of(scores.classes, &ClassScores::accuracy);
  scores.mean_iou = mean_of(scores.classes, &ClassScores::iou);
  scores.mean_precision = mean_of(scores.classes, &ClassScores::precision);
  scores.mean_f1 = mean_of(scores.classes, &ClassScores::f1);
  if (scores.pixels > 0) scores.frequency_weighted_iou = weighted_iou / static_cast<double>(scores.pixels);
  return scores;
}

Scores compute_scores(const ConfusionTable& table) { return scores_of(class_pixels(table)); }

}  // namespace seg
