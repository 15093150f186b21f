// Computes the scores of a segmentation from pixel counts, for evaluations and for the resampling of comparisons.
//
//   With TP, FP, FN of class c from the confusion matrix C (rows = ground truth) and n_c = TP + FN its ground-truth pixels:
//   accuracy = TP / n_c;  precision = TP / (TP + FP);  IoU = TP / (TP + FP + FN);  F1 = 2 TP / (2 TP + FP + FN).
//   mean_accuracy averages the classes with n_c > 0; mean_iou, mean_precision and mean_f1 those with TP + FP + FN > 0, where
//   a class that is never predicted counts as 0. frequency_weighted_iou = sum_c n_c IoU_c / sum_c n_c. All are fractions 0..1.
//   Three more scores need the counts of single images; an evaluation adds them:
//   mean_iou_by_image (mIoU^I): IoU of each class with truth pixels in an image, mean over its classes, then over the images;
//   mean_iou_by_class (mIoU^C): the same values, mean over the images for each class, then over the classes (Wang et al., arXiv 2310.19252);
//   boundary_iou: mean IoU of only the pixels near a boundary (engine/evaluation/label_counting.hpp).
//   The published code of the recall loss (Tian et al., ICRA 2022) leaves classes that are never predicted out of its mean precision; this code
//   counts them as 0, so that a model gains nothing by never predicting a class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace seg {

/// A class with a smaller share of the ground-truth pixels is called rare.
inline constexpr double kRareShare = 0.01;

/// Pixel counts: K rows (ground truth) of K + 1 columns (prediction); the last column counts the pixels predicted as none of the
/// classes, which are false negatives of their row, but not false positives of any class.
struct ConfusionTable {
  std::int64_t classes = 0;          // K
  std::vector<std::int64_t> counts;  // [K * (K + 1)]

  std::int64_t at(std::int64_t truth, std::int64_t predicted) const { return counts[truth * (classes + 1) + predicted]; }
  std::int64_t missed(std::int64_t truth) const { return at(truth, classes); }
  bool operator==(const ConfusionTable&) const = default;
};

/// The counts from which the scores of one class are computed.
struct ClassPixels {
  std::int64_t truth = 0;      // TP + FN
  std::int64_t predicted = 0;  // TP + FP
  std::int64_t both = 0;       // TP

  bool operator==(const ClassPixels&) const = default;
};

/// The counts of one image. The scores of a split, resampled or not, are computed from these.
struct ImageCounts {
  std::string id;
  std::vector<ClassPixels> classes;  // [K]
};

/// sums[c] += times * counts[c], both [K].
void add(std::vector<ClassPixels>& sums, const std::vector<ClassPixels>& counts, std::int64_t times = 1);

struct ClassScores {
  std::int64_t pixels = 0;          // of the ground truth
  std::optional<double> accuracy;   // empty without ground-truth pixels
  std::optional<double> precision;  // these three: empty without ground-truth and predicted pixels
  std::optional<double> iou;
  std::optional<double> f1;
};

/// Means are empty if no class takes part.
struct Scores {
  std::int64_t pixels = 0;  // valid pixels
  std::optional<double> overall_accuracy;
  std::optional<double> mean_accuracy;
  std::optional<double> mean_iou;
  std::optional<double> mean_precision;
  std::optional<double> mean_f1;
  std::optional<double> frequency_weighted_iou;
  std::optional<double> mean_iou_by_image;  // these three: empty if only the counts over all images are known
  std::optional<double> mean_iou_by_class;
  std::optional<double> boundary_iou;
  std::vector<ClassScores> classes;  // [K]
};

/// The means with their names in reports, in the order of reports.
std::vector<std::pair<std::string, std::optional<double>>> named_scores(const Scores& scores);

std::vector<ClassPixels> class_pixels(const ConfusionTable& table);  // [K]

/// Class ids in descending order of their pixels; equal ones in the order of the ids.
std::vector<std::size_t> frequent_to_rare(const std::vector<std::int64_t>& pixels);
/// The share of each class in all pixels; zeros without pixels.
std::vector<double> shares_of(const std::vector<std::int64_t>& pixels);

/// The mean of the values that are not empty.
class Mean {
 public:
  void add(std::optional<double> value);
  /// Empty without values.
  std::optional<double> value() const { return count_ > 0 ? std::optional(sum_ / static_cast<double>(count_)) : std::nullopt; }

 private:
  double sum_ = 0.0;
  std::int64_t count_ = 0;
};

/// The IoU of each class in each image that contains it.
class ImageIou {
 public:
  /// image: [K] counts of one image.
  void add(const std::vector<ClassPixels>& image);
  std::optional<double> by_image() const { return images_.value(); }
  std::optional<double> by_class() const;

 private:
  Mean images_;                // of the mean over an image's classes
  std::vector<Mean> classes_;  // [K] over the images that contain the class
};

Scores scores_of(const std::vector<ClassPixels>& classes);
Scores compute_scores(const ConfusionTable& table);

}  // namespace seg
