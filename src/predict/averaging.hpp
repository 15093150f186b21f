// Labels and probabilities from the average of several forward passes (scales, mirror images, windows), a band of rows at a time.
//
//   label = arg-max over classes of the sum over views of softmax(up(logits))
//
// No probabilities of all classes exist at full size: what is kept of a pass is its logits at the head's stride.
#pragma once

#include <torch/types.h>

#include <vector>

#include "base/size.hpp"

namespace seg {

/// Logits [1,K,h,w] of one window of an image.
struct Window {
  std::int64_t top;
  std::int64_t left;
  Size size;
  torch::Tensor logits;
};

/// What the network saw of one image: all of it at one scale, mirrored or not, at once or in windows whose probabilities are averaged
/// where they overlap, at the scaled image's size.
struct View {
  Size image;
  bool mirrored = false;
  std::vector<Window> windows;  // one of the image's own size: up-sampled straight to the labels
};

/// uint8 [1,H,W] of size `target`, on the logits' device, as all below. Throws kInternal without a view.
torch::Tensor average_labels(const std::vector<View>& views, Size target, bool align_corners);

/// float32 [H,W] of size `target`: the mean over the views of the probability of class `train_id`. Throws as above.
torch::Tensor average_probability(const std::vector<View>& views, std::int64_t train_id, Size target, bool align_corners);

}  // namespace seg
