// Averages several forward passes (scales, mirror images, windows) to labels and probabilities, one band of rows at a time.
//
//   label = arg-max over classes of the sum over views of softmax(up(logits))
//
// The probabilities of all classes never exist at full size: only the logits at the head's stride are kept from each pass.
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

/// One view of an image: the image at one scale, mirrored or not, as a whole or in windows, whose probabilities are averaged where they overlap, at
/// the size of the scaled image.
struct View {
  Size image;
  bool mirrored = false;
  std::vector<Window> windows;  // a single window of the image's size is up-sampled directly to the labels
};

/// uint8 [1,H,W] of size `target`. All results are on the logits' device. Throws kInternal without views.
torch::Tensor average_labels(const std::vector<View>& views, Size target, bool align_corners);

/// float32 [H,W] of size `target`: the mean over the views of the probability of class `train_id`. Throws kInternal without views.
torch::Tensor average_probability(const std::vector<View>& views, std::int64_t train_id, Size target, bool align_corners);

}  // namespace seg
