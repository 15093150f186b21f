// The augmentation of training samples, between the data set, which sets their size, and the batch.
//
// The geometry is that of data/resize.hpp. The pixels of the input are never modified, because they may belong to a cache.
#pragma once

#include <torch/types.h>

#include "base/classes.hpp"
#include "base/size.hpp"
#include "core/network_input.hpp"
#include "data/augment/augment_options.hpp"
#include "data/loader.hpp"

namespace seg {

/// Resolves kAuto for a network on the device `network`.
AugmentDevice resolve_augment_device(AugmentDevice asked, torch::Device network);

/// With `options.crop`: scale jitter, padding (the mean colour of `input`, labels 255), a random crop of `size`, drawn again at most ten times if
/// it contains less than Sample::wanted requires; then the last one is used. Then flip, colour jitter, blur. With kGpu these are drawn in the same
/// way, but stored in Sample::changes, to be applied to the batch. `classes` resolves rare_classes. Labels may be empty; otherwise they have the
/// image's size. Thread-safe: all randomness comes from the seed. Throws kConfiguration for options that contradict each other or the classes.
SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input,
                                   AugmentDevice device = AugmentDevice::kCpu);

}  // namespace seg
