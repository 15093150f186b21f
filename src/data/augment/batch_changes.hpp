// Flip, colour jitter and blur of a whole batch, as tensor operations on the batch's device.
#pragma once

#include <torch/types.h>

#include <vector>

#include "core/pixel_changes.hpp"

namespace seg {

struct ChangedBatch {
  torch::Tensor images;
  torch::Tensor labels;
};

/// Applies the changes of each sample; none if `changes` is empty. images: u8 [N,H,W,3] RGB, labels: u8 [N,H,W] on the same device; neither is
/// modified. Rounds to u8 after each change. Flips and labels are exactly those of make_changes(Sample&), which uses OpenCV; pixel values differ from
/// it by at most one grey level per change. Nothing waits for the device.
ChangedBatch make_changes(const torch::Tensor& images, const torch::Tensor& labels, const std::vector<PixelChanges>& changes);

}  // namespace seg
