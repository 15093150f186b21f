// The scores of a segmentation, as plain numbers; metrics computes them, reports print them.
//
//   With TP, FP, FN of class c from the confusion matrix C (rows = truth) and n_c = TP + FN its truth pixels:
//   accuracy = TP / n_c;  precision = TP / (TP + FP);  IoU = TP / (TP + FP + FN);  F1 = 2 TP / (2 TP + FP + FN).
//   mean_accuracy averages the classes with n_c > 0; mean_iou, mean_precision and mean_f1 those with TP + FP + FN > 0, where
//   a class never predicted counts 0. frequency_weighted_iou = sum_c n_c IoU_c / sum_c n_c. All are fractions 0..1.
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

}  // namespace seg
