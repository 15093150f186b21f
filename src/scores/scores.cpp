#include "scores/scores.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace seg {

namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? std::optional(static_cast<double>(part) / static_cast<double>(whole)) : std::nullopt;
}

std::optional<double> mean_of(const std::vector<ClassScores>& classes, std::optional<double> ClassScores::*score) {
  Mean mean;
  for (const ClassScores& one : classes) mean.add(one.*score);
  return mean.value();
}

ClassScores score_class(const ClassPixels& pixels) {
  ClassScores scores;
  scores.pixels = pixels.truth;
  scores.accuracy = ratio(pixels.both, pixels.truth);
  scores.iou = ratio(pixels.both, pixels.truth + pixels.predicted - pixels.both);
  scores.f1 = ratio(2 * pixels.both, pixels.truth + pixels.predicted);
  scores.precision = ratio(pixels.both, pixels.predicted);
  // There are ground-truth pixels but no predicted ones: precision is 0, not undefined.
  if (!scores.precision && pixels.truth > 0) scores.precision = 0.0;
  return scores;
}

}  // namespace

void add(std::vector<ClassPixels>& sums, const std::vector<ClassPixels>& counts, std::int64_t times) {
  for (std::size_t c = 0; c < sums.size(); ++c) {
    sums[c].truth += times * counts[c].truth;
    sums[c].predicted += times * counts[c].predicted;
    sums[c].both += times * counts[c].both;
  }
}

std::vector<std::pair<std::string, std::optional<double>>> named_scores(const Scores& scores) {
  return {{"mean_iou", scores.mean_iou},
          {"mean_accuracy", scores.mean_accuracy},
          {"mean_precision", scores.mean_precision},
          {"mean_f1", scores.mean_f1},
          {"overall_accuracy", scores.overall_accuracy},
          {"frequency_weighted_iou", scores.frequency_weighted_iou},
          {"mean_iou_by_image", scores.mean_iou_by_image},
          {"mean_iou_by_class", scores.mean_iou_by_class},
          {"boundary_iou", scores.boundary_iou}};
}

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

std::vector<std::size_t> frequent_to_rare(const std::vector<std::int64_t>& pixels) {
  std::vector<std::size_t> order(pixels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t c) { return pixels[c]; });
  return order;
}

std::vector<double> shares_of(const std::vector<std::int64_t>& pixels) {
  const auto all = static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}));
  std::vector<double> shares(pixels.size());
  std::ranges::transform(pixels, shares.begin(), [all](std::int64_t one) { return all > 0 ? static_cast<double>(one) / all : 0.0; });
  return shares;
}

void Mean::add(std::optional<double> value) {
  if (!value) return;
  sum_ += *value;
  ++count_;
}

void ImageIou::add(const std::vector<ClassPixels>& image) {
  classes_.resize(image.size());
  Mean mean;
  for (std::size_t c = 0; c < image.size(); ++c) {
    if (image[c].truth == 0) continue;
    const std::optional<double> iou = score_class(image[c]).iou;
    classes_[c].add(iou);
    mean.add(iou);
  }
  images_.add(mean.value());
}

std::optional<double> ImageIou::by_class() const {
  Mean mean;
  for (const Mean& one : classes_) mean.add(one.value());
  return mean.value();
}

Scores compute_scores(const ConfusionTable& table) { return scores_of(class_pixels(table)); }

}  // namespace seg
