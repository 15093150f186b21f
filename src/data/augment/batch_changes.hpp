// Flip, colour jitter and blur of a whole batch, as tensor operations where the batch is.
#pragma once

#include <torch/types.h>

#include <vector>

#include "core/pixel_changes.hpp"

namespace seg {

struct ChangedBatch {
  torch::Tensor images;
  torch::Tensor labels;
};

/// Makes the changes of each sample; none where `changes` is empty. images: u8 [N,H,W,3] RGB, labels: u8 [N,H,W] on the same device; they are not
/// written into. Rounds to u8 after each change, as make_changes(Sample&) does with OpenCV, whose flips and labels these are exactly, and whose pixel
/// values up to one grey level by each change. Nothing waits for the device.
ChangedBatch make_changes(const torch::Tensor& images, const torch::Tensor& labels, const std::vector<PixelChanges>& changes);

}  // namespace seg
