// The scores of a segmentation, from pixel counts: what evaluations report and comparisons resample.
//
//   With TP, FP, FN of class c from the confusion matrix C (rows = truth) and n_c = TP + FN its truth pixels:
//   accuracy = TP / n_c;  precision = TP / (TP + FP);  IoU = TP / (TP + FP + FN);  F1 = 2 TP / (2 TP + FP + FN).
//   mean_accuracy averages the classes with n_c > 0; mean_iou, mean_precision and mean_f1 those with TP + FP + FN > 0, where
//   a class never predicted counts 0. frequency_weighted_iou = sum_c n_c IoU_c / sum_c n_c. All are fractions 0..1.
//   The published code of the recall loss (Tian et al., ICRA 2022) skips a class never predicted in its mean precision; here it
//   counts 0, so that a model gains nothing by giving a class up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace seg {

/// A class with a smaller share of the truth pixels is called rare.
inline constexpr double kRareShare = 0.01;

/// Pixel counts: K rows (truth) of K + 1 columns (prediction); the last column counts the pixels predicted as none of the
/// classes, which are false negatives of their row and false positives of nothing.
struct ConfusionTable {
  std::int64_t classes = 0;          // K
  std::vector<std::int64_t> counts;  // [K * (K + 1)]

  std::int64_t at(std::int64_t truth, std::int64_t predicted) const { return counts[truth * (classes + 1) + predicted]; }
  std::int64_t missed(std::int64_t truth) const { return at(truth, classes); }
  bool operator==(const ConfusionTable&) const = default;
};

/// All that the scores of one class depend on.
struct ClassPixels {
  std::int64_t truth = 0;      // TP + FN
  std::int64_t predicted = 0;  // TP + FP
  std::int64_t both = 0;       // TP

  bool operator==(const ClassPixels&) const = default;
};

struct ClassScores {
  std::int64_t pixels = 0;          // of truth
  std::optional<double> accuracy;   // empty without truth pixels
  std::optional<double> precision;  // these three: empty with neither truth nor predicted pixels
  std::optional<double> iou;
  std::optional<double> f1;
};

/// Means are empty where no class takes part.
struct Scores {
  std::int64_t pixels = 0;  // valid pixels
  std::optional<double> overall_accuracy;
  std::optional<double> mean_accuracy;
  std::optional<double> mean_iou;
  std::optional<double> mean_precision;
  std::optional<double> mean_f1;
  std::optional<double> frequency_weighted_iou;
  std::vector<ClassScores> classes;  // [K]
};

std::vector<ClassPixels> class_pixels(const ConfusionTable& table);  // [K]

Scores scores_of(const std::vector<ClassPixels>& classes);
Scores compute_scores(const ConfusionTable& table);

}  // namespace seg
