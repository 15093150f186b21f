// The scores of a segmentation, from pixel counts: what evaluations report and comparisons resample.
//
//   With TP, FP, FN of class c from the confusion matrix C (rows = truth) and n_c = TP + FN its truth pixels:
//   accuracy = TP / n_c;  precision = TP / (TP + FP);  IoU = TP / (TP + FP + FN);  F1 = 2 TP / (2 TP + FP + FN).
//   mean_accuracy averages the classes with n_c > 0; mean_iou, mean_precision and mean_f1 those with TP + FP + FN > 0, where
//   a class never predicted counts 0. frequency_weighted_iou = sum_c n_c IoU_c / sum_c n_c. All are fractions 0..1.
//   Three more need single images; an evaluation adds them:
//   mean_iou_by_image (mIoU^I): IoU of each class with truth pixels in an image, mean over its classes, then over the images;
//   mean_iou_by_class (mIoU^C): the same values, mean over the images for each class, then over the classes (Wang et al., arXiv 2310.19252);
//   boundary_iou: mean IoU of the pixels near a boundary alone (engine/evaluation/label_counting.hpp).
//   The published code of the recall loss (Tian et al., ICRA 2022) skips a class never predicted in its mean precision; here it
//   counts 0, so that a model gains nothing by giving a class up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

/// What was counted on one image: all that scores of a split, drawn anew or not, are made of.
struct ImageCounts {
  std::string id;
  std::vector<ClassPixels> classes;  // [K]
};

/// sums[c] += times * counts[c], both [K].
void add(std::vector<ClassPixels>& sums, const std::vector<ClassPixels>& counts, std::int64_t times = 1);

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
  std::optional<double> mean_iou_by_image;  // these three: empty where only counts of all images are known
  std::optional<double> mean_iou_by_class;
  std::optional<double> boundary_iou;
  std::vector<ClassScores> classes;  // [K]
};

/// The means by their names in reports, in the order they are reported.
std::vector<std::pair<std::string, std::optional<double>>> named_scores(const Scores& scores);

std::vector<ClassPixels> class_pixels(const ConfusionTable& table);  // [K]

/// Class ids by their pixels; equal ones in the order of the ids.
std::vector<std::size_t> frequent_to_rare(const std::vector<std::int64_t>& pixels);
/// The share of each class in all the pixels; zeros without any.
std::vector<double> shares_of(const std::vector<std::int64_t>& pixels);

/// The mean of the values that are there.
class Mean {
 public:
  void add(std::optional<double> value);
  /// Empty without values.
  std::optional<double> value() const { return count_ > 0 ? std::optional(sum_ / static_cast<double>(count_)) : std::nullopt; }

 private:
  double sum_ = 0.0;
  std::int64_t count_ = 0;
};

/// The IoU of each class in each image that holds it.
class ImageIou {
 public:
  /// image: [K] counts of one image.
  void add(const std::vector<ClassPixels>& image);
  std::optional<double> by_image() const { return images_.value(); }
  std::optional<double> by_class() const;

 private:
  Mean images_;                // of the mean over an image's classes
  std::vector<Mean> classes_;  // [K] over the images that hold the class
};

Scores scores_of(const std::vector<ClassPixels>& classes);
Scores compute_scores(const ConfusionTable& table);

}  // namespace seg
