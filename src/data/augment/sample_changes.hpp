// Flip, colour jitter and blur of one sample: drawn, and made with OpenCV. batch_changes.hpp makes them on a batch.
#pragma once

#include "base/random.hpp"
#include "data/augment/augment_options.hpp"
#include "data/sample.hpp"

namespace seg {

/// Flip with its probability; the colour changes in random order, each with a factor of its own; blur of some samples with a standard deviation
/// uniform in [0, sigma). What is switched off draws nothing.
PixelChanges draw_changes(const AugmentOptions& options, Random& random);

/// Makes sample.changes, of which none are left. Labels may be empty.
void make_changes(Sample& sample);

}  // namespace seg
