// Draws flip, colour jitter and blur of one sample, and applies them with OpenCV. batch_changes.hpp applies them to a batch.
#pragma once

#include "base/random.hpp"
#include "data/augment/augment_options.hpp"
#include "data/sample.hpp"

namespace seg {

/// Draws the flip; the colour changes in random order, each with its own factor; and the blur, with a standard deviation uniform in [0, sigma). A
/// change that is off draws no random numbers.
PixelChanges draw_changes(const AugmentOptions& options, Random& random);

/// Applies sample.changes and clears them. Labels may be empty. Colours change as in torchvision (torchvision.transforms.functional, adjust_*), on u8
/// RGB, saturating:
///   brightness  x -> f x                     contrast  x -> f x + (1 - f) mean(grey)
///   saturation  x -> f x + (1 - f) grey(x)   hue       h -> h + shift, in HSV, shift in turns
/// with grey = 0.299 R + 0.587 G + 0.114 B. The hue moves in steps of 1/180 turn. A blur mirrors the border.
void make_changes(Sample& sample);

// Shared with the implementation on tensors (batch_changes.cpp).
inline constexpr int kHueSteps = 180;  // a turn in OpenCV's 8-bit HSV
int hue_steps(double turns);
/// Width of the blur kernel for a standard deviation, the same as OpenCV's for 8-bit images.
int blur_taps(double sigma);

}  // namespace seg
