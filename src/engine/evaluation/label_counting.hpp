// What scores need of one image: its confusion and its pixels near boundaries, counted where the labels are.
//
// Near boundaries alone: boundary IoU (Cheng et al., CVPR 2021) of all classes at once.
//
//   G_d: pixels of a mask within d of its contour, that is with a pixel of another label or the image's edge in the square of 2 d + 1 around them;
//   d = 2 % of the image's diagonal, rounded (halves to even, as the authors' code does), at least 1
//   boundary IoU of class c = |G_d and P_d| / |G_d or P_d| over all images, G the truth's mask and P the predicted one
//
// Pixels with label 255 count nowhere and bound nothing. Pixels predicted as none of the classes bound those beside them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "device/device_work.hpp"
#include "scores/scores.hpp"

namespace seg {

/// The counts of no image. 1 <= classes <= 255. Throws kInternal otherwise.
ConfusionTable empty_confusion(std::int64_t classes);
/// predicted, labels: uint8 of one shape, on any device. Pixels labelled 255 count nowhere; a predicted 255 (none of the
/// classes) on a valid pixel is a false negative. Throws kData for a label and kInternal for a prediction in classes .. 254.
ConfusionTable confusion_of(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes);
/// Adds the counts of another part of the split. Throws kInternal for another number of classes.
void add(ConfusionTable& sums, const ConfusionTable& counts);

/// d for an image of this size, in pixels.
std::int64_t boundary_width(std::int64_t height, std::int64_t width);
/// predicted, labels: uint8 [h,w] on the CPU, as confusion_of takes them. [K]: truth = |G_d|, predicted = |P_d|, both = |G_d and P_d|.
std::vector<ClassPixels> boundary_counts(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes);

struct LabelCounts {
  ConfusionTable confusion;
  std::vector<ClassPixels> boundary;  // [K]; empty unless asked for
};

/// Counts that are made: at once by the host, or by kernels of a device, for which the host waits when it asks.
class LabelCounting {
 public:
  enum class Of { kConfusion, kAll };

  /// predicted, truth: uint8 [h,w] on one device, as confusion_of takes them. Throws what that throws, on CUDA when it is asked.
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

/// From what label_counts gives; nothing where a label is none of the classes.
std::optional<LabelCounts> read_counts(const std::int64_t* counts, std::int64_t classes, LabelCounting::Of of);

}  // namespace seg
