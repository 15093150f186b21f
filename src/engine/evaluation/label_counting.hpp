// Counts what the scores of one image need, its confusion matrix and its pixels near boundaries, on the device of the labels.
//
// Counts near boundaries give the boundary IoU (Cheng et al., CVPR 2021) of all classes at once.
//
//   G_d: pixels of a mask within d of its contour, that is with a pixel of another label or the image's edge in the square of 2 d + 1 around them;
//   d = 2 % of the image's diagonal, rounded (halves to even, as the authors' code does), at least 1
//   boundary IoU of class c = |G_d and P_d| / |G_d or P_d| over all images, where G is the mask of the ground truth and P the predicted mask
//
// Pixels with label 255 are ignored and form no boundary. Pixels predicted as none of the classes form a boundary with their neighbours.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "device/device_work.hpp"
#include "scores/scores.hpp"

namespace seg {

/// A confusion matrix of zeros. 1 <= classes <= 255. Throws kInternal otherwise.
ConfusionTable empty_confusion(std::int64_t classes);
/// predicted, labels: uint8 of one shape, on any device. Pixels labelled 255 are ignored; a predicted 255 (none of the
/// classes) on a valid pixel is a false negative. Throws kData for a label and kInternal for a prediction in classes .. 254.
ConfusionTable confusion_of(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes);
/// Adds the counts of another part of the split. Throws kInternal for another number of classes.
void add(ConfusionTable& sums, const ConfusionTable& counts);

/// d for an image of this size, in pixels.
std::int64_t boundary_width(std::int64_t height, std::int64_t width);
/// predicted, labels: uint8 [h,w] on the CPU, with the values that confusion_of takes. [K]: truth = |G_d|, predicted = |P_d|, both = |G_d and P_d|.
std::vector<ClassPixels> boundary_counts(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes);

struct LabelCounts {
  ConfusionTable confusion;
  std::vector<ClassPixels> boundary;  // [K]; empty unless requested
};

/// Counts in progress. On the CPU they are made at once; on a GPU kernels make them, and the host waits only when it reads them.
class LabelCounting {
 public:
  enum class Of { kConfusion, kAll };

  /// predicted, truth: uint8 [h,w] on one device, with the values that confusion_of takes. Throws what confusion_of throws; on CUDA only get() does.
  LabelCounting(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, Of of);

  LabelCounts get() const;

 private:
  LabelCounts count_here() const;

  torch::Tensor predicted_, truth_;
  std::int64_t classes_;
  Of of_;
  LabelCounts counts_;  // on the CPU
  HostCopy copy_;       // from CUDA
};

/// Reads the output of label_counts; nothing if a label is not one of the classes.
std::optional<LabelCounts> read_counts(const std::int64_t* counts, std::int64_t classes, LabelCounting::Of of);

}  // namespace seg
