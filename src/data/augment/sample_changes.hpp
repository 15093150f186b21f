// Flip, colour jitter and blur of one sample: drawn, and made with OpenCV. batch_changes.hpp makes them on a batch.
#pragma once

#include "base/random.hpp"
#include "data/augment/augment_options.hpp"
#include "data/sample.hpp"

namespace seg {

/// Flip with its probability; the colour changes in random order, each with a factor of its own; blur of some samples with a standard deviation
/// uniform in [0, sigma). What is switched off draws nothing.
PixelChanges draw_changes(const AugmentOptions& options, Random& random);

/// Makes sample.changes, of which none are left. Labels may be empty. Colours change as torchvision defines it (torchvision.transforms.functional,
/// adjust_*), on u8 RGB, saturating:
///   brightness  x -> f x                     contrast  x -> f x + (1 - f) mean(grey)
///   saturation  x -> f x + (1 - f) grey(x)   hue       h -> h + shift, in HSV, shift in turns
/// with grey = 0.299 R + 0.587 G + 0.114 B. The hue moves in steps of 1/180 turn. A blur mirrors the border.
void make_changes(Sample& sample);

// What these share with the same changes as tensors (batch_changes.cpp).
inline constexpr int kHueSteps = 180;  // a turn in OpenCV's 8-bit HSV
int hue_steps(double turns);
/// Width of the kernel for a standard deviation: what OpenCV takes for 8-bit images.
int blur_taps(double sigma);

}  // namespace seg
